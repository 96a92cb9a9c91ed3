#include "inference/qdrant_requests.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace twin::qdrant {
namespace {

constexpr size_t kMaxPayloadBytes = size_t{4} << 20;
constexpr std::array kSchemas = {"keyword", "integer", "float", "bool", "datetime", "text", "uuid"};

[[noreturn]] void fail(const std::string& where, const std::string& what) {
  throw Error(ErrorCode::kBadInput, fmt::format("{}: {}", where, what));
}

std::set<std::string> read_names(const Json& list, const std::string& where) {
  if (!list.is_array()) fail(where, "expected a list of field names");
  std::set<std::string> names;
  for (const Json& name : list) {
    if (!name.is_string()) fail(where, "expected a list of field names");
    names.insert(name.get<std::string>());
  }
  return names;
}

// "a" selects a and all below; "a.b" only b of a. Whether `path` is selected, and whether something
// below it is.
bool covers(const std::set<std::string>& names, const std::string& path) {
  return names.contains(path);
}
bool reaches_below(const std::set<std::string>& names, const std::string& path) {
  const auto next = names.lower_bound(path + '.');
  return next != names.end() && next->starts_with(path + '.');
}

Json included(const Json& object, const std::set<std::string>& names, const std::string& prefix) {
  Json kept = Json::object();
  for (const auto& [key, value] : object.items()) {
    const std::string path = prefix + key;
    if (covers(names, path)) {
      kept[key] = value;
    } else if (value.is_object() && reaches_below(names, path)) {
      kept[key] = included(value, names, path + '.');
    }
  }
  return kept;
}

Json excluded(const Json& object, const std::set<std::string>& names, const std::string& prefix) {
  Json kept = Json::object();
  for (const auto& [key, value] : object.items()) {
    const std::string path = prefix + key;
    if (covers(names, path)) continue;
    const bool below = value.is_object() && reaches_below(names, path);
    kept[key] = below ? excluded(value, names, path + '.') : value;
  }
  return kept;
}

std::string read_payload(const Json& payload, const std::string& where) {
  if (payload.is_null()) return "{}";
  if (!payload.is_object()) fail(where, "expected an object");
  std::string text = dump_json(payload);
  if (text.size() > kMaxPayloadBytes) {
    fail(where, fmt::format("{} bytes; at most {} are taken", text.size(), kMaxPayloadBytes));
  }
  return text;
}

std::vector<CollectionPoint> read_batch(const Json& batch) {
  if (!batch.is_object()) fail("batch", "expected an object with ids, vectors and payloads");
  const std::vector<vectors::PointId> ids = read_ids(member(batch, "ids"), "batch.ids");
  const Json& list = member(batch, "vectors");
  const Json& payloads = member(batch, "payloads");
  const bool without = list.is_null() || (list.is_object() && list.empty());
  if (!without && (!list.is_array() || list.size() != ids.size())) {
    fail("batch.vectors", "expected a list as long as ids (named vectors are not supported)");
  }
  if (!payloads.is_null() && (!payloads.is_array() || payloads.size() != ids.size())) {
    fail("batch.payloads", "expected a list as long as ids");
  }
  std::vector<CollectionPoint> points;
  for (size_t i = 0; i < ids.size(); ++i) {
    CollectionPoint point{ids[i]};
    if (!without) point.vector = read_vector(list[i], fmt::format("batch.vectors[{}]", i));
    if (!payloads.is_null()) {
      point.payload = read_payload(payloads[i], fmt::format("batch.payloads[{}]", i));
    }
    points.push_back(std::move(point));
  }
  return points;
}

}  // namespace

const Json& member(const Json& body, const char* name) {
  static const Json null;
  const auto found = body.find(name);
  return found == body.end() ? null : *found;
}

std::string string_member(const Json& body, const char* name, const std::string& where) {
  const Json& value = member(body, name);
  if (!value.is_string()) fail(where + name, "expected a string");
  return value.get<std::string>();
}

size_t count_member(const Json& body, const char* name, size_t by_default, size_t least) {
  const Json& value = member(body, name);
  if (value.is_null()) return by_default;
  const bool whole = value.is_number_integer() && value.get<int64_t>() >= 0;
  if (!whole || value.get<uint64_t>() < least || value.get<uint64_t>() > kMostPoints) {
    fail(name,
         fmt::format("{} is not a number from {} to {}", dump_json(value), least, kMostPoints));
  }
  return value.get<size_t>();
}

Refusal no_such_route(const std::string& method, const std::string& path) {
  return {404, fmt::format("Not found: {} {} is not supported", method, path)};
}

Json done() { return {{"operation_id", 0}, {"status", "completed"}}; }

PayloadSelection PayloadSelection::read(const Json& body, bool by_default) {
  PayloadSelection selection;
  const Json& wanted = member(body, "with_payload");
  selection.any_ = by_default;
  if (wanted.is_null()) return selection;
  if (wanted.is_boolean()) {
    selection.any_ = wanted.get<bool>();
    return selection;
  }
  selection.any_ = true;
  if (wanted.is_array()) {
    selection.include_ = read_names(wanted, "with_payload");
  } else if (wanted.is_object() && wanted.contains("include")) {
    selection.include_ = read_names(wanted["include"], "with_payload.include");
  } else if (wanted.is_object() && wanted.contains("exclude")) {
    selection.exclude_ = read_names(wanted["exclude"], "with_payload.exclude");
  } else {
    fail("with_payload", "expected true, false, a list of fields, or {include} or {exclude}");
  }
  return selection;
}

Json PayloadSelection::apply(Json payload) const {
  if (include_) return included(payload, *include_, "");
  if (!exclude_.empty()) return excluded(payload, exclude_, "");
  return payload;
}

PartsWanted read_parts(const Json& body, bool payload_by_default) {
  PartsWanted wanted{PayloadSelection::read(body, payload_by_default), false};
  const char* name = body.contains("with_vector") ? "with_vector" : "with_vectors";
  const Json& vector = member(body, name);
  if (vector.is_boolean()) {
    wanted.vector = vector.get<bool>();
  } else if (vector.is_array()) {
    wanted.vector = read_names(vector, name).contains("");
  } else if (!vector.is_null()) {
    fail(name, "expected true or false");
  }
  return wanted;
}

Json record_json(const CollectionPoint& point, const PartsWanted& wanted) {
  Json json = {{"id", point.id.to_json()}};
  if (wanted.payload.any()) {
    json["payload"] = wanted.payload.apply(parse_json(point.payload, "vector store"));
  }
  if (wanted.vector) json["vector"] = point.vector;
  return json;
}

Json scored_json(const CollectionPoint& point, const PartsWanted& wanted) {
  Json json = record_json(point, wanted);
  json["version"] = 0;
  json["score"] = point.score;
  return json;
}

std::vector<vectors::PointId> read_ids(const Json& list, const std::string& where) {
  if (!list.is_array()) fail(where, "expected a list of ids");
  std::vector<vectors::PointId> ids;
  ids.reserve(list.size());
  for (const Json& id : list) ids.push_back(vectors::PointId::from_json(id, where));
  return ids;
}

std::vector<float> read_vector(const Json& vector, const std::string& where) {
  if (vector.is_null() || (vector.is_object() && vector.empty())) return {};
  if (vector.is_object() && vector.size() == 1 && vector.contains("")) {
    return read_vector(vector[""], where);
  }
  if (!vector.is_array()) {
    fail(where, "expected a list of numbers (named and sparse vectors are not supported)");
  }
  std::vector<float> floats;
  floats.reserve(vector.size());
  for (const Json& number : vector) {
    if (!number.is_number()) fail(where, "expected a list of numbers");
    floats.push_back(number.get<float>());
    if (!std::isfinite(floats.back())) fail(where, "a number beyond the range of 32-bit floats");
  }
  return floats;
}

std::vector<CollectionPoint> read_points(const Json& body) {
  if (body.contains("batch")) return read_batch(body["batch"]);
  const Json& list = member(body, "points");
  if (!list.is_array()) fail("points", "expected a list of points");
  std::vector<CollectionPoint> points;
  points.reserve(list.size());
  for (size_t i = 0; i < list.size(); ++i) {
    const std::string where = fmt::format("points[{}]", i);
    if (!list[i].is_object()) fail(where, "expected an object with id, vector and payload");
    CollectionPoint point{vectors::PointId::from_json(member(list[i], "id"), where + ".id")};
    point.vector = read_vector(member(list[i], "vector"), where + ".vector");
    point.payload = read_payload(member(list[i], "payload"), where + ".payload");
    points.push_back(std::move(point));
  }
  return points;
}

VectorCollection read_collection(const std::string& name, const Json& body) {
  VectorCollection collection;
  collection.name = name;
  const Json& sparse = member(body, "sparse_vectors");
  if (!sparse.is_null() && !sparse.empty()) {
    fail("sparse_vectors", "sparse vectors are not supported");
  }
  Json vectors = member(body, "vectors");
  if (vectors.is_object() && vectors.size() == 1 && vectors.contains("")) {
    vectors = Json(vectors[""]);
  }
  if (vectors.is_object() && vectors.contains("size")) {
    const Json& size = vectors["size"];
    if (!size.is_number_integer() || size.get<int64_t>() < 1 || size.get<int64_t>() > 65536) {
      fail("vectors.size", fmt::format("{} is not a number from 1 to 65536", dump_json(size)));
    }
    collection.dimensions = size.get<size_t>();
    collection.distance =
        twin::vectors::distance_from_name(string_member(vectors, "distance", "vectors."));
    if (!member(vectors, "multivector_config").is_null()) {
      fail("vectors.multivector_config", "multivectors are not supported");
    }
  } else if (!vectors.is_null() && !(vectors.is_object() && vectors.empty())) {
    fail("vectors", "expected {\"size\", \"distance\"} (named vectors are not supported)");
  }
  Json settings = Json::object();
  if (member(body, "metadata").is_object()) settings["metadata"] = body["metadata"];
  collection.settings = dump_json(settings);
  return collection;
}

std::string read_schema(const Json& schema) {
  if (schema.is_null()) return "keyword";
  const Json& type = schema.is_object() ? member(schema, "type") : schema;
  for (const char* known : kSchemas) {
    if (type == known) return known;
  }
  fail("field_schema", fmt::format("{} is not supported; expected one of {}", dump_json(type),
                                   fmt::join(kSchemas, ", ")));
}

}  // namespace twin::qdrant
