#include "stores/vectors/qdrant_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace twin::vectors {
namespace {

constexpr size_t kMostShown = 300;  // of an answer that makes no sense

std::chrono::milliseconds retry_after(const HttpResponse& response) {
  const std::string_view text = response.header("retry-after");
  long seconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  return std::chrono::seconds(std::clamp(seconds, 0L, 3600L));
}

[[noreturn]] void no_answer(const std::string& url, const std::exception& error) {
  throw Error(ErrorCode::kRemote,
              fmt::format("{}: not an answer of Qdrant: {}", url, error.what()));
}

std::string reason_of(const HttpResponse& response) {
  try {
    const Json answer = parse_json(response.body, "answer");
    if (answer.contains("status") && answer["status"].is_object()) {
      return answer["status"].value("error", response.body.substr(0, kMostShown));
    }
  } catch (const std::exception&) {
  }
  return response.body.substr(0, kMostShown);
}

CollectionPoint point_of(const Json& json, std::string_view where) {
  CollectionPoint point;
  point.id = PointId::from_json(json.at("id"), where);
  if (json.contains("payload")) point.payload = dump_json(json["payload"]);
  if (json.contains("vector") && json["vector"].is_array()) {
    point.vector = json["vector"].get<std::vector<float>>();
  }
  point.score = json.value("score", 0.0f);
  return point;
}

}  // namespace

std::string QdrantClient::path_of(const std::string& collection, std::string_view rest) const {
  return fmt::format("/collections/{}{}", url_encode(collection), rest);
}

std::optional<Json> QdrantClient::call(const std::string& method, const std::string& path,
                                       const Json& body) const {
  HttpRequest request;
  request.method = method;
  request.url = options_.url;
  while (request.url.ends_with('/')) request.url.pop_back();
  request.url += path;
  request.headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}};
  if (!options_.api_key.empty()) request.headers.emplace_back("api-key", options_.api_key);
  if (!body.is_null()) request.body = dump_json(body);
  request.max_body_bytes = uint64_t{256} << 20;
  Backoff backoff(context_, options_.backoff);
  while (true) {
    std::string failure;
    std::chrono::milliseconds wait{0};
    try {
      std::unique_lock lock(mutex_);
      const HttpResponse response = client_.send(request);
      lock.unlock();
      if (response.status / 100 == 2) {
        const Json answer = parse_json(response.body, request.url);
        if (!answer.is_object() || !answer.contains("result")) {
          throw Error(ErrorCode::kRemote,
                      fmt::format("{}: not an answer of Qdrant: {}", request.url,
                                  response.body.substr(0, kMostShown)));
        }
        return answer["result"];
      }
      if (response.status == 404) return std::nullopt;
      failure = fmt::format("{} {}: HTTP {}: {}", method, request.url, response.status,
                            reason_of(response));
      if (response.status == 401 || response.status == 403) {
        throw Error(ErrorCode::kUsage,
                    failure + "; set the environment variable QDRANT_API_KEY to the server's key");
      }
      const bool may_pass = response.status == 429 || response.status / 100 == 5;
      if (!may_pass) throw Error(ErrorCode::kRemote, failure);
      wait = retry_after(response);
    } catch (const ConnectionError& error) {
      failure = error.what();
    }
    if (!backoff.wait(wait)) throw Error(ErrorCode::kRemote, failure);
  }
}

Json QdrantClient::call_existing(const std::string& method, const std::string& path,
                                 const Json& body) const {
  std::optional<Json> result = call(method, path, body);
  if (result) return std::move(*result);
  throw Error(ErrorCode::kRemote,
              fmt::format("{}{}: not there (any more), or no Qdrant of version 1.10 or newer",
                          options_.url, path));
}

std::vector<std::string> QdrantClient::list() const {
  const Json result = call_existing("GET", "/collections", {});
  std::vector<std::string> names;
  try {
    for (const Json& one : result.at("collections")) names.push_back(one.at("name"));
  } catch (const Json::exception& error) {
    no_answer(options_.url, error);
  }
  return names;
}

std::optional<VectorCollection> QdrantClient::find(const std::string& collection) const {
  const std::optional<Json> info = call("GET", path_of(collection), {});
  if (!info) return std::nullopt;
  VectorCollection found;
  found.name = collection;
  try {
    const Json vectors = info->at("config").at("params").value("vectors", Json::object());
    if (vectors.contains("size")) {
      found.dimensions = vectors["size"].get<size_t>();
      found.distance = distance_from_name(vectors.at("distance").get<std::string>());
    } else if (vectors.is_object() && !vectors.empty()) {
      throw Error(ErrorCode::kRemote, fmt::format("{}: collection '{}' has named vectors; expected "
                                                  "one vector for each point",
                                                  options_.url, collection));
    }
    const Json schema = info->value("payload_schema", Json::object());
    for (const auto& [field, type] : schema.items()) {
      found.fields.emplace(field, type.at("data_type").get<std::string>());
    }
  } catch (const Json::exception& error) {
    no_answer(options_.url, error);
  }
  return found;
}

void QdrantClient::create(const VectorCollection& collection) const {
  Json vectors = Json::object();
  if (collection.dimensions > 0) {
    vectors = {{"size", collection.dimensions}, {"distance", name_of(collection.distance)}};
  }
  try {
    call_existing("PUT", path_of(collection.name), {{"vectors", vectors}});
  } catch (const Error& error) {
    // An attempt that broke off may have made it, or somebody else did meanwhile.
    if (error.code() != ErrorCode::kRemote) throw;
    const std::optional<VectorCollection> found = find(collection.name);
    if (!found || found->dimensions != collection.dimensions) throw;
  }
  for (const auto& [field, schema] : collection.fields) {
    call_existing("PUT", path_of(collection.name, "/index?wait=true"),
                  {{"field_name", field}, {"field_schema", schema}});
  }
}

std::vector<CollectionPoint> QdrantClient::get(const std::string& collection,
                                               const Json& ids) const {
  const Json result = call_existing("POST", path_of(collection, "/points"),
                                    {{"ids", ids}, {"with_payload", true}, {"with_vector", true}});
  std::vector<CollectionPoint> points;
  try {
    for (const Json& point : result) points.push_back(point_of(point, options_.url));
  } catch (const Json::exception& error) {
    no_answer(options_.url, error);
  }
  return points;
}

void QdrantClient::drop(const std::string& collection) const {
  call("DELETE", path_of(collection), {});
}

void QdrantClient::upsert(const std::string& collection, const Json& points) const {
  for (size_t begin = 0; begin < points.size(); begin += options_.batch) {
    Json some = Json::array();
    for (size_t i = begin; i < std::min(points.size(), begin + options_.batch); ++i) {
      some.push_back(points[i]);
    }
    call_existing("PUT", path_of(collection, "/points?wait=true"), {{"points", std::move(some)}});
  }
}

void QdrantClient::remove(const std::string& collection, const Json& selector) const {
  call_existing("POST", path_of(collection, "/points/delete?wait=true"), selector);
}

std::vector<CollectionPoint> QdrantClient::search(const std::string& collection,
                                                  std::span<const float> vector, size_t k,
                                                  const PayloadFilter& filter) const {
  Json body = {{"query", std::vector<float>(vector.begin(), vector.end())},
               {"limit", k},
               {"with_payload", true}};
  if (!filter.empty()) body["filter"] = to_json(filter);
  const Json result = call_existing("POST", path_of(collection, "/points/query"), body);
  std::vector<CollectionPoint> points;
  try {
    for (const Json& point : result.at("points")) points.push_back(point_of(point, options_.url));
  } catch (const Json::exception& error) {
    no_answer(options_.url, error);
  }
  return points;
}

std::vector<CollectionPoint> QdrantClient::scroll(const std::string& collection,
                                                  const PointId& from, size_t limit,
                                                  const PayloadFilter& filter,
                                                  bool with_vectors) const {
  std::vector<CollectionPoint> points;
  Json next = from.empty() ? Json() : from.to_json();
  while (points.size() < limit) {
    Json body = {{"limit", std::min(limit - points.size(), options_.batch)},
                 {"with_payload", true},
                 {"with_vector", with_vectors}};
    if (!next.is_null()) body["offset"] = next;
    if (!filter.empty()) body["filter"] = to_json(filter);
    const Json result = call_existing("POST", path_of(collection, "/points/scroll"), body);
    try {
      for (const Json& point : result.at("points")) points.push_back(point_of(point, options_.url));
      next = result.value("next_page_offset", Json());
    } catch (const Json::exception& error) {
      no_answer(options_.url, error);
    }
    if (next.is_null()) break;
  }
  return points;
}

size_t QdrantClient::count(const std::string& collection, const PayloadFilter& filter) const {
  Json body = {{"exact", true}};
  if (!filter.empty()) body["filter"] = to_json(filter);
  const Json result = call_existing("POST", path_of(collection, "/points/count"), body);
  return result.is_object() ? result.value("count", size_t{0}) : 0;
}

}  // namespace twin::vectors
