#include "inference/qdrant_api.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json.h"
#include "inference/qdrant_points.h"
#include "inference/qdrant_requests.h"

namespace twin {
namespace {

using namespace qdrant;

// The version of Qdrant whose client the service is tested with: clients warn where theirs is far.
constexpr const char* kQdrantVersion = "1.20.0";
constexpr size_t kMaxDepth = 64;

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    path.remove_prefix(path.front() == '/' ? 1 : 0);
    const size_t end = std::min(path.find('/'), path.size());
    if (end > 0) parts.emplace_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return parts;
}

// One request on its way through the routes.
class Call {
 public:
  Call(VectorCollections& collections, const QdrantRequest& request)
      : store_(collections), method_(request.method), parts_(split(request.path)) {
    if (!request.body.empty()) {
      body_ = parse_json(request.body, "request body", {.max_depth = kMaxDepth});
      if (!body_.is_object()) {
        throw Error(ErrorCode::kBadInput, "request body: expected a JSON object");
      }
    }
  }

  Json result() {
    const size_t n = parts_.size();
    if (parts_[0] == "aliases" && n == 1 && method_ == "GET") return aliases("");
    if (parts_[0] != "collections") no_route();
    if (n == 1 && method_ == "GET") return list();
    if (n == 2 && parts_[1] == "aliases" && method_ == "POST") return change_aliases();
    if (n < 2) no_route();
    name_ = parts_[1];
    if (n == 2) return collection();
    const std::string& what = parts_[2];
    if (what == "exists" && n == 3 && method_ == "GET") {
      return {{"exists", store_.find(name_).has_value()}};
    }
    if (!store_.find(name_)) {
      throw Refusal{404, fmt::format("Not found: Collection `{}` doesn't exist!", name_)};
    }
    if (what == "aliases" && n == 3 && method_ == "GET") return aliases(store_.find(name_)->name);
    if (what == "index") return index();
    if (what == "points") {
      const std::span<const std::string> rest(parts_.begin() + 3, parts_.end());
      return point_operation(store_, name_, method_, rest, body_);
    }
    no_route();
  }

 private:
  [[noreturn]] void no_route() const {
    throw no_such_route(method_, fmt::format("/{}", fmt::join(parts_, "/")));
  }

  Json list() const {
    Json all = Json::array();
    for (const VectorCollection& one : store_.list()) all.push_back({{"name", one.name}});
    return {{"collections", all}};
  }

  Json aliases(const std::string& of) const {
    Json all = Json::array();
    for (const auto& [alias, collection] : store_.aliases()) {
      if (!of.empty() && of != collection) continue;
      all.push_back({{"alias_name", alias}, {"collection_name", collection}});
    }
    return {{"aliases", all}};
  }

  Json change_aliases() {
    const Json& actions = member(body_, "actions");
    if (!actions.is_array()) throw Error(ErrorCode::kBadInput, "actions: expected a list");
    std::vector<std::pair<std::string, std::string>> changes;
    for (const Json& action : actions) {
      if (!action.is_object()) throw Error(ErrorCode::kBadInput, "actions: expected objects");
      const auto put = [&](const std::string& alias, const std::string& collection) {
        if (store_.aliases().contains(collection) || !store_.find(collection)) {
          throw Refusal{404, fmt::format("Not found: Collection `{}` doesn't exist!", collection)};
        }
        const auto found = store_.find(alias);
        if (found && found->name == alias) {
          throw Refusal{409, fmt::format("Wrong input: `{}` is a collection", alias)};
        }
        changes.emplace_back(alias, collection);
      };
      if (action.contains("create_alias")) {
        const Json& made = action["create_alias"];
        put(string_member(made, "alias_name", ""), string_member(made, "collection_name", ""));
      } else if (action.contains("delete_alias")) {
        changes.emplace_back(string_member(action["delete_alias"], "alias_name", ""), "");
      } else if (action.contains("rename_alias")) {
        const Json& renamed = action["rename_alias"];
        const std::string old = string_member(renamed, "old_alias_name", "");
        const auto all = store_.aliases();
        if (!all.contains(old)) {
          throw Refusal{404, fmt::format("Not found: Alias `{}` doesn't exist!", old)};
        }
        put(string_member(renamed, "new_alias_name", ""), all.at(old));
        changes.emplace_back(old, "");
      } else {
        throw Error(ErrorCode::kBadInput,
                    "actions: expected create_alias, delete_alias or rename_alias");
      }
    }
    store_.change_aliases(changes);
    return true;
  }

  Json collection() {
    if (method_ == "GET") return info();
    if (method_ == "PUT") {
      if (!store_.create(read_collection(name_, body_))) {
        throw Refusal{409, fmt::format("Wrong input: Collection `{}` already exists!", name_)};
      }
      return true;
    }
    if (method_ == "DELETE") return store_.drop(name_);
    no_route();
  }

  Json info() const {
    const std::optional<VectorCollection> found = store_.find(name_);
    if (!found) {
      throw Refusal{404, fmt::format("Not found: Collection `{}` doesn't exist!", name_)};
    }
    const size_t points = store_.count(name_);
    Json schema = Json::object();
    for (const auto& [field, type] : found->fields) {
      schema[field] = {{"data_type", type}, {"points", points}};
    }
    Json params = {{"shard_number", 1},
                   {"replication_factor", 1},
                   {"write_consistency_factor", 1},
                   {"on_disk_payload", true}};
    if (found->dimensions > 0) {
      params["vectors"] = {{"size", found->dimensions}, {"distance", name_of(found->distance)}};
    } else {
      params["vectors"] = Json::object();
    }
    const size_t row = vectors::VectorRows::integer_stride(found->dimensions);
    Json config = {
        {"params", params},
        {"hnsw_config",
         {{"m", 16},
          {"ef_construct", 200},
          {"full_scan_threshold", vectors::CollectionIndex::kExactBytes / row},
          {"max_indexing_threads", 0},
          {"on_disk", true}}},
        {"optimizer_config", {{"default_segment_number", 1}, {"flush_interval_sec", 0}}}};
    const Json settings = parse_json(found->settings, "vector store");
    if (settings.contains("metadata")) config["metadata"] = settings["metadata"];
    return {
        {"status", "green"},       {"optimizer_status", "ok"},
        {"points_count", points},  {"indexed_vectors_count", found->dimensions > 0 ? points : 0},
        {"segments_count", 1},     {"config", config},
        {"payload_schema", schema}};
  }

  Json index() {
    if (parts_.size() == 3 && method_ == "PUT") {
      const std::string field = string_member(body_, "field_name", "");
      if (field.empty() || field.size() > 1024) {
        throw Error(ErrorCode::kBadInput, "field_name: expected a field's name");
      }
      store_.index_field(name_, field, read_schema(member(body_, "field_schema")));
      return done();
    }
    if (parts_.size() == 4 && method_ == "DELETE") {
      store_.drop_field_index(name_, parts_[3]);
      return done();
    }
    no_route();
  }

  VectorCollections& store_;
  std::string method_;
  std::vector<std::string> parts_;
  std::string name_;
  Json body_ = Json::object();
};

}  // namespace

bool QdrantApi::owns(std::string_view path) {
  return path == "/aliases" || path == "/collections" || path.starts_with("/collections/");
}

std::string QdrantApi::version() {
  return dump_json(Json{{"title", "twin-writer, a vector store that speaks Qdrant's REST"},
                        {"version", kQdrantVersion},
                        {"twin_version", TWIN_VERSION}});
}

QdrantAnswer QdrantApi::handle(const QdrantRequest& request) {
  const auto start = std::chrono::steady_clock::now();
  const auto answer = [&](int status, const char* key, Json value) {
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
    Json body = {{"time", spent.count()}};
    body["status"] = status == 200 ? Json("ok") : Json{{"error", value}};
    if (status == 200) body[key] = std::move(value);
    return QdrantAnswer{status, dump_json(body)};
  };
  try {
    return answer(200, "result", Call(collections_, request).result());
  } catch (const Refusal& refusal) {
    return answer(refusal.status, "error", refusal.message);
  } catch (const Error& error) {
    switch (error.code()) {
      case ErrorCode::kUsage:
        return answer(404, "error", fmt::format("Not found: {}", error.what()));
      case ErrorCode::kBadInput:
        return answer(400, "error", fmt::format("Wrong input: {}", error.what()));
      case ErrorCode::kDoesNotFit:
        return answer(507, "error", error.what());
      default:
        context_.log.error(fmt::format("{} {}: {}", request.method, request.path, error.what()));
        return answer(500, "error", error.what());
    }
  }
}

}  // namespace twin
