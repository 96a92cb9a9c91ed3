#include "inference/qdrant_api.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json.h"
#include "inference/qdrant_requests.h"

namespace twin {
namespace {

using namespace qdrant;
using vectors::PayloadFilter;
using vectors::PointId;

// The version of Qdrant whose client the service is tested with: clients warn where theirs is far.
constexpr const char* kQdrantVersion = "1.20.0";
constexpr size_t kBatch = 1000;  // points rewritten at a time
constexpr size_t kMaxDepth = 64;

struct Refusal {
  int status;
  std::string message;
};

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

Json done() { return {{"operation_id", 0}, {"status", "completed"}}; }

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
    if (what == "points") return points();
    no_route();
  }

 private:
  [[noreturn]] void no_route() const {
    throw Refusal{
        404, fmt::format("Not found: {} /{} is not supported", method_, fmt::join(parts_, "/"))};
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

  Json points() {
    const size_t n = parts_.size();
    if (n == 3 && method_ == "PUT") return upsert(body_);
    if (n == 3 && method_ == "POST") return retrieve();
    if (n == 4 && method_ == "GET") return one_point(parts_[3]);
    if (n < 4) no_route();
    std::string what = parts_[3];
    for (size_t i = 4; i < n; ++i) what += '/' + parts_[i];
    if (method_ == "PUT") {
      if (what == "payload") return overwrite_payload(body_);
      if (what == "vectors") return update_vectors();
    }
    if (method_ != "POST") no_route();
    if (what == "delete") return remove(body_);
    if (what == "search") return search(body_, member(body_, "vector"));
    if (what == "search/batch") return searches(&Call::search_one);
    if (what == "query") return query(body_);
    if (what == "query/batch") return searches(&Call::query);
    if (what == "scroll") return scroll();
    if (what == "count") {
      return {{"count", store_.count(name_, filter_of(body_))}};
    }
    if (what == "payload") return set_payload(body_);
    if (what == "payload/delete") return delete_payload(body_);
    if (what == "payload/clear") return clear_payload(body_);
    if (what == "batch") return operations();
    no_route();
  }

  static PayloadFilter filter_of(const Json& body) {
    return vectors::filter_from_json(member(body, "filter"));
  }

  Json upsert(const Json& body) {
    CollectionChange change{name_, {}, read_points(body)};
    store_.change(std::span(&change, 1));
    return done();
  }

  Json retrieve() const {
    const PartsWanted wanted = read_parts(body_, true);
    const std::vector<PointId> ids = read_ids(member(body_, "ids"), "ids");
    Json list = Json::array();
    for (const CollectionPoint& point : store_.get(name_, ids, wanted.parts())) {
      list.push_back(record_json(point, wanted));
    }
    return list;
  }

  Json one_point(const std::string& text) const {
    const bool digits = text.size() < 20 && text.find_first_not_of("0123456789") == text.npos;
    const PointId id = PointId::from_json(digits ? Json(std::stoull(text)) : Json(text), "id");
    const PartsWanted wanted = read_parts({{"with_vector", true}}, true);
    const auto found = store_.get(name_, std::span(&id, 1), wanted.parts());
    if (found.empty()) {
      throw Refusal{404, fmt::format("Not found: Point with id {} does not exists!", text)};
    }
    return record_json(found[0], wanted);
  }

  // The ids that "points" or "filter" (or a bare list or filter, as a batch may have) select.
  std::vector<PointId> selected(const Json& selector) const {
    if (selector.is_array()) return read_ids(selector, "points");
    if (!member(selector, "points").is_null()) return read_ids(selector["points"], "points");
    if (!selector.contains("filter")) {
      throw Error(ErrorCode::kBadInput, "expected 'points' (a list of ids) or 'filter'");
    }
    return store_.ids(name_, filter_of(selector));
  }

  Json remove(const Json& selector) {
    CollectionChange change{name_, selected(selector), {}};
    store_.change(std::span(&change, 1));
    return done();
  }

  // Rewrites the points' payloads, some at a time.
  Json edit(const std::vector<PointId>& ids, const std::function<void(Json&)>& how) {
    for (size_t begin = 0; begin < ids.size(); begin += kBatch) {
      const auto some = std::span(ids).subspan(begin, std::min(kBatch, ids.size() - begin));
      CollectionChange change{
          name_, {}, store_.get(name_, some, {.payload = true, .vector = true})};
      for (CollectionPoint& point : change.upsert) {
        Json payload = parse_json(point.payload, "vector store");
        how(payload);
        point.payload = dump_json(payload);
      }
      store_.change(std::span(&change, 1));
    }
    return done();
  }

  static const Json& payload_object(const Json& body) {
    const Json& payload = member(body, "payload");
    if (!payload.is_object()) throw Error(ErrorCode::kBadInput, "payload: expected an object");
    return payload;
  }

  Json set_payload(const Json& body) {
    const Json& payload = payload_object(body);
    if (!member(body, "key").is_null()) {
      throw Error(ErrorCode::kBadInput, "key: setting a nested field is not supported");
    }
    return edit(selected(body), [&](Json& old) { old.update(payload); });
  }

  Json overwrite_payload(const Json& body) {
    const Json& payload = payload_object(body);
    return edit(selected(body), [&](Json& old) { old = payload; });
  }

  Json delete_payload(const Json& body) {
    const Json& keys = member(body, "keys");
    if (!keys.is_array()) throw Error(ErrorCode::kBadInput, "keys: expected a list of fields");
    return edit(selected(body), [&](Json& old) {
      for (const Json& key : keys) {
        if (key.is_string()) old.erase(key.get_ref<const std::string&>());
      }
    });
  }

  Json clear_payload(const Json& body) {
    return edit(selected(body), [](Json& old) { old = Json::object(); });
  }

  Json update_vectors() {
    std::vector<CollectionPoint> points = read_points(body_);
    std::vector<PointId> ids;
    for (const CollectionPoint& point : points) ids.push_back(point.id);
    std::map<PointId, std::string> payloads;
    for (CollectionPoint& point : store_.get(name_, ids, {})) {
      payloads.emplace(point.id, std::move(point.payload));
    }
    CollectionChange change{name_, {}, {}};
    for (CollectionPoint& point : points) {
      const auto payload = payloads.find(point.id);
      if (payload == payloads.end()) {
        throw Refusal{404, fmt::format("Not found: No point with id {} found", point.id.text())};
      }
      point.payload = payload->second;
      change.upsert.push_back(std::move(point));
    }
    store_.change(std::span(&change, 1));
    return done();
  }

  Json operations() {
    const Json& list = member(body_, "operations");
    if (!list.is_array()) throw Error(ErrorCode::kBadInput, "operations: expected a list");
    using Operation = Json (Call::*)(const Json&);
    const std::map<std::string, Operation> known = {{"upsert", &Call::upsert},
                                                    {"delete", &Call::remove},
                                                    {"delete_points", &Call::remove},
                                                    {"set_payload", &Call::set_payload},
                                                    {"overwrite_payload", &Call::overwrite_payload},
                                                    {"delete_payload", &Call::delete_payload},
                                                    {"clear_payload", &Call::clear_payload}};
    Json results = Json::array();
    for (const Json& operation : list) {
      if (!operation.is_object() || operation.size() != 1 ||
          !known.contains(operation.begin().key())) {
        throw Error(ErrorCode::kBadInput, "operations: expected upsert, delete or a payload's");
      }
      results.push_back((this->*known.at(operation.begin().key()))(operation.begin().value()));
    }
    return results;
  }

  Json search_one(const Json& body) { return search(body, member(body, "vector")); }

  Json searches(Json (Call::*one)(const Json&)) {
    const Json& list = member(body_, "searches");
    if (!list.is_array()) throw Error(ErrorCode::kBadInput, "searches: expected a list");
    Json results = Json::array();
    for (const Json& search : list) {
      if (!search.is_object()) throw Error(ErrorCode::kBadInput, "searches: expected objects");
      results.push_back((this->*one)(search));
    }
    return results;
  }

  Json search(const Json& body, const Json& given) const {
    const PartsWanted wanted = read_parts(body, false);
    const size_t limit = count_member(body, "limit", 10, 1);
    const size_t offset = count_member(body, "offset", 0, 0);
    CollectionQuery query;
    const bool named = given.is_object() && given.contains("vector");
    if (named && member(given, "name") != "") {
      throw Error(ErrorCode::kBadInput, "vector.name: named vectors are not supported");
    }
    query.vector = read_vector(named ? given["vector"] : given, "vector");
    query.k = limit + offset;
    query.filter = filter_of(body);
    query.parts = wanted.parts();
    const Json& params = member(body, "params");
    query.exact = params.is_object() && member(params, "exact") == true;
    const std::vector<CollectionPoint> found = store_.search(name_, query);
    const Json& threshold = member(body, "score_threshold");
    if (!threshold.is_null() && !threshold.is_number()) {
      throw Error(ErrorCode::kBadInput, "score_threshold: expected a number");
    }
    const bool distances = store_.find(name_)->distance == vectors::Distance::kEuclid;
    Json list = Json::array();
    for (size_t i = offset; i < found.size(); ++i) {
      if (!threshold.is_null()) {
        const auto bound = threshold.get<double>();
        if (distances ? found[i].score > bound : found[i].score < bound) break;
      }
      list.push_back(scored_json(found[i], wanted));
    }
    return list;
  }

  Json query(const Json& body) {
    for (const char* name : {"prefetch", "lookup_from"}) {
      const Json& value = member(body, name);
      if (!value.is_null() && !value.empty()) {
        throw Error(ErrorCode::kBadInput, fmt::format("{}: not supported", name));
      }
    }
    const Json& used = member(body, "using");
    if (!used.is_null() && used != "") {
      throw Error(ErrorCode::kBadInput, "using: named vectors are not supported");
    }
    Json query = member(body, "query");
    if (query.is_object() && query.size() == 1 && query.contains("nearest")) {
      query = Json(query["nearest"]);
    }
    if (query.is_null()) return scroll_as_query(body);
    if (query.is_array()) return {{"points", search(body, query)}};
    if (query.is_object()) {
      throw Error(ErrorCode::kBadInput,
                  "query: only the nearest to a vector or point is supported");
    }
    // The nearest to a point, itself left out.
    const PointId id = PointId::from_json(query, "query");
    const auto found = store_.get(name_, std::span(&id, 1), {.payload = false, .vector = true});
    if (found.empty()) {
      throw Refusal{404, fmt::format("Not found: No point with id {} found", id.text())};
    }
    Json changed = body;
    Json without = {{"has_id", Json::array({id.to_json()})}};
    Json filter = {{"must_not", Json::array({without})}};
    if (!member(body, "filter").is_null()) filter["must"] = Json::array({body["filter"]});
    changed["filter"] = filter;
    return {{"points", search(changed, found[0].vector)}};
  }

  Json scroll_as_query(const Json& body) const {
    const PartsWanted wanted = read_parts(body, false);
    const size_t limit = count_member(body, "limit", 10, 1);
    const size_t offset = count_member(body, "offset", 0, 0);
    const auto found = store_.scroll(name_, {}, limit + offset, filter_of(body), wanted.parts());
    Json list = Json::array();
    for (size_t i = offset; i < found.size(); ++i) list.push_back(scored_json(found[i], wanted));
    return {{"points", list}};
  }

  Json scroll() const {
    if (!member(body_, "order_by").is_null()) {
      throw Error(ErrorCode::kBadInput, "order_by: not supported; points come by id");
    }
    const PartsWanted wanted = read_parts(body_, true);
    const size_t limit = count_member(body_, "limit", 10, 1);
    const Json& offset = member(body_, "offset");
    const PointId from = offset.is_null() ? PointId() : PointId::from_json(offset, "offset");
    const auto found = store_.scroll(name_, from, limit + 1, filter_of(body_), wanted.parts());
    Json list = Json::array();
    for (size_t i = 0; i < std::min(limit, found.size()); ++i) {
      list.push_back(record_json(found[i], wanted));
    }
    const Json next = found.size() > limit ? found[limit].id.to_json() : Json();
    return {{"points", list}, {"next_page_offset", next}};
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
