#include "engine/generate/json_schema_merge.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.h"

namespace twin::json_schema {
namespace {

constexpr size_t kMostWork = 20'000;  // merges and resolved refs of a document
constexpr size_t kMostDepth = 40;
constexpr size_t kMostBranches = 256;

bool within(const OrderedJson& list, const OrderedJson& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

// The values an enum or const leaves; null where there is neither.
OrderedJson values_of(const OrderedJson& schema) {
  if (schema.contains("const")) return OrderedJson::array({schema["const"]});
  return schema.contains("enum") ? schema["enum"] : OrderedJson();
}

std::string type_of(const OrderedJson& value) {
  if (value.is_number_integer()) return "integer";
  if (value.is_number()) return "number";
  return value.type_name();
}

bool same_type(const std::string& a, const std::string& b) {
  const auto is_number = [](const std::string& t) { return t == "number" || t == "integer"; };
  return a == b || (is_number(a) && is_number(b));
}

}  // namespace

bool is_annotation(const std::string& keyword) {
  static const std::set<std::string> kAnnotations = {
      "title",       "description",   "default",         "example",         "examples",  "$schema",
      "$id",         "$comment",      "deprecated",      "readOnly",        "writeOnly", "$defs",
      "definitions", "discriminator", "contentEncoding", "contentMediaType"};
  return kAnnotations.contains(keyword);
}

std::vector<std::string> types_of(const OrderedJson& schema) {
  std::vector<std::string> types;
  if (!schema.is_object() || !schema.contains("type")) return types;
  const OrderedJson& type = schema["type"];
  if (type.is_string()) return {type.get<std::string>()};
  if (type.is_array()) {
    for (const OrderedJson& t : type) {
      if (t.is_string()) types.push_back(t.get<std::string>());
    }
  }
  return types;
}

const OrderedJson& resolve(const OrderedJson& document, const std::string& pointer,
                           const std::string& where) {
  if (!pointer.starts_with('#')) {
    throw Error(ErrorCode::kBadInput,
                fmt::format("{}: $ref '{}' is outside the document; only '#...' is followed", where,
                            pointer));
  }
  try {
    return document.at(OrderedJson::json_pointer(pointer.substr(1)));
  } catch (const OrderedJson::exception&) {
    throw Error(ErrorCode::kBadInput,
                fmt::format("{}: $ref '{}' names nothing in the document", where, pointer));
  }
}

void Merger::fail(const std::string& path, const std::string& reason) const {
  throw Error(ErrorCode::kBadInput, fmt::format("{}, {}: {}", where_, path, reason));
}

void Merger::count_work(const std::string& path) {
  if (++work_ > kMostWork) fail(path, "too many schemas to merge");
}

OrderedJson Merger::flatten(OrderedJson schema, const std::string& path) {
  struct Depth {
    explicit Depth(size_t& d) : depth(d) { ++depth; }
    ~Depth() { --depth; }
    size_t& depth;
  } deeper(depth_);
  count_work(path);
  if (depth_ > kMostDepth) fail(path, "$ref or allOf that lead back to themselves");
  if (!schema.is_object()) return schema;
  if (schema.contains("$ref")) {
    if (!schema["$ref"].is_string()) fail(path, "$ref is not a string");
    OrderedJson target = resolve(document_, schema["$ref"].get<std::string>(), where_);
    schema.erase("$ref");
    return merge(flatten(std::move(target), path), flatten(std::move(schema), path), path);
  }
  if (schema.contains("allOf")) {
    const OrderedJson parts = schema["allOf"];
    if (!parts.is_array() || parts.empty()) fail(path, "allOf is not a list of schemas");
    schema.erase("allOf");
    OrderedJson whole = flatten(std::move(schema), path);
    for (const OrderedJson& part : parts)
      whole = merge(std::move(whole), flatten(part, path), path);
    return whole;
  }
  for (const char* keyword : {"anyOf", "oneOf"}) {
    if (!schema.contains(keyword)) continue;
    const OrderedJson branches = schema[keyword];
    if (!branches.is_array() || branches.empty()) {
      fail(path, fmt::format("{} is not a list of schemas", keyword));
    }
    schema.erase(keyword);
    const bool alone = std::all_of(schema.items().begin(), schema.items().end(),
                                   [](const auto& item) { return is_annotation(item.key()); });
    if (alone) {
      schema[keyword] = branches;
      continue;
    }
    const OrderedJson rest = flatten(schema, path);
    OrderedJson merged = OrderedJson::array();
    for (const OrderedJson& branch : branches) {
      merged.push_back(merge(rest, flatten(branch, path), path));
    }
    OrderedJson result = OrderedJson::object();
    result[keyword] = std::move(merged);
    return result;
  }
  return schema;
}

OrderedJson Merger::merge(OrderedJson a, OrderedJson b, const std::string& path) {
  count_work(path);
  if (a.is_boolean()) return a.get<bool>() ? b : a;
  if (b.is_boolean()) return b.get<bool>() ? a : b;
  if (!a.is_object() || !b.is_object()) fail(path, "a schema is neither an object nor a boolean");
  for (OrderedJson* side : {&a, &b}) {
    if (side->contains("$ref") || side->contains("allOf")) *side = flatten(std::move(*side), path);
  }
  if (!a.is_object() || !b.is_object()) return merge(std::move(a), std::move(b), path);
  for (const char* keyword : {"anyOf", "oneOf"}) {
    OrderedJson& with = a.contains(keyword) ? a : b;
    OrderedJson& other = a.contains(keyword) ? b : a;
    if (!with.contains(keyword)) continue;
    const bool empty = std::all_of(other.items().begin(), other.items().end(),
                                   [](const auto& item) { return is_annotation(item.key()); });
    if (empty) return with;
    if (with[keyword].size() > kMostBranches) fail(path, "too many branches to merge");
    OrderedJson branches = OrderedJson::array();
    for (const OrderedJson& branch : with[keyword]) {
      branches.push_back(merge(other, flatten(branch, path), path));
    }
    OrderedJson result = OrderedJson::object();
    result[keyword] = std::move(branches);
    return result;
  }
  merge_properties(a, b, path);
  for (const auto& [key, value] : b.items()) {
    if (!a.contains(key)) {
      a[key] = value;
      continue;
    }
    OrderedJson& mine = a[key];
    if (mine == value || is_annotation(key)) continue;
    if (key == "type") {
      OrderedJson both = OrderedJson::array();
      for (const std::string& x : types_of(a)) {
        for (const std::string& y : types_of(b)) {
          if (same_type(x, y)) both.push_back(x == "integer" || y == "integer" ? "integer" : x);
        }
      }
      if (both.empty()) fail(path, "schemas of different types are joined: nothing matches both");
      mine = both.size() == 1 ? both[0] : both;
    } else if (key == "enum") {
      OrderedJson both = OrderedJson::array();
      for (const OrderedJson& v : mine) {
        if (within(value, v)) both.push_back(v);
      }
      mine = both;
    } else if (key == "minimum" || key == "exclusiveMinimum" || key == "minLength" ||
               key == "minItems") {
      mine = mine < value ? value : mine;
    } else if (key == "maximum" || key == "exclusiveMaximum" || key == "maxLength" ||
               key == "maxItems") {
      mine = value < mine ? value : mine;
    } else if (key == "required") {
      for (const OrderedJson& name : value) {
        if (!within(mine, name)) mine.push_back(name);
      }
    } else if (key == "properties" || key == "additionalProperties") {
      // merge_properties() has left the same in both.
    } else if (key == "items") {
      mine = merge(mine, value, path + "/items");
    } else if (key == "nullable") {
      mine = false;
    } else {
      fail(path, fmt::format("two different '{}' are joined, which is not supported", key));
    }
  }
  return a;
}

// A property that one side does not name is held to that side's additionalProperties.
void Merger::merge_properties(OrderedJson& a, OrderedJson& b, const std::string& path) {
  const auto has = [](const OrderedJson& s, const char* key) { return s.contains(key); };
  if (!has(a, "properties") && !has(b, "properties") && !has(a, "additionalProperties") &&
      !has(b, "additionalProperties")) {
    return;
  }
  const auto properties = [&](const OrderedJson& s) {
    OrderedJson p = s.contains("properties") ? s["properties"] : OrderedJson::object();
    if (!p.is_object()) fail(path, "properties is not an object");
    return p;
  };
  const OrderedJson mine = properties(a), theirs = properties(b);
  const OrderedJson more_a = a.value("additionalProperties", OrderedJson(true));
  const OrderedJson more_b = b.value("additionalProperties", OrderedJson(true));
  OrderedJson all = OrderedJson::object();
  const auto put = [&](const std::string& name, const OrderedJson& x, const OrderedJson& y) {
    const OrderedJson both = merge(x, y, path + "/properties/" + name);
    all[name] = both;
  };
  for (const auto& [name, schema] : mine.items()) {
    put(name, schema, theirs.contains(name) ? theirs[name] : more_b);
  }
  for (const auto& [name, schema] : theirs.items()) {
    if (!mine.contains(name)) put(name, more_a, schema);
  }
  a["properties"] = b["properties"] = all;
  if (has(a, "additionalProperties") || has(b, "additionalProperties")) {
    a["additionalProperties"] = b["additionalProperties"] = merge(more_a, more_b, path);
  }
}

bool Merger::disjoint(const OrderedJson& first, const OrderedJson& second, size_t depth) {
  if (depth > 4) return false;
  const OrderedJson a = flatten(first, "oneOf"), b = flatten(second, "oneOf");
  if (!a.is_object() || !b.is_object()) return a == false || b == false;
  for (const OrderedJson* side : {&a, &b}) {
    const OrderedJson& other = side == &a ? b : a;
    for (const char* keyword : {"anyOf", "oneOf"}) {
      if (!side->contains(keyword)) continue;
      return std::all_of((*side)[keyword].begin(), (*side)[keyword].end(),
                         [&](const OrderedJson& s) { return disjoint(s, other, depth + 1); });
    }
  }
  const OrderedJson values_a = values_of(a), values_b = values_of(b);
  const auto types = [](const OrderedJson& schema, const OrderedJson& values) {
    std::vector<std::string> all = types_of(schema);
    if (all.empty()) {
      for (const OrderedJson& v : values) all.push_back(type_of(v));
    }
    if (schema.value("nullable", false)) all.emplace_back("null");
    return all;
  };
  const std::vector<std::string> types_a = types(a, values_a), types_b = types(b, values_b);
  if (!types_a.empty() && !types_b.empty() &&
      std::none_of(types_a.begin(), types_a.end(), [&](const std::string& x) {
        return std::any_of(types_b.begin(), types_b.end(),
                           [&](const std::string& y) { return same_type(x, y); });
      })) {
    return true;
  }
  if (values_a.is_array() && values_b.is_array()) {
    return std::none_of(values_a.begin(), values_a.end(),
                        [&](const OrderedJson& v) { return within(values_b, v); });
  }
  if (types_a != std::vector<std::string>{"object"} || types_b != types_a) return false;
  const auto required = [](const OrderedJson& s) {
    return s.contains("required") ? s["required"] : OrderedJson::array();
  };
  const auto property = [](const OrderedJson& s, const OrderedJson& name) {
    const auto key = name.is_string() ? name.get<std::string>() : std::string();
    if (s.contains("properties") && s["properties"].contains(key)) return s["properties"][key];
    return s.value("additionalProperties", OrderedJson(true));
  };
  for (const OrderedJson* side : {&a, &b}) {
    for (const OrderedJson& name : required(*side)) {
      const OrderedJson x = property(a, name), y = property(b, name);
      // What is required on one side must be impossible, or impossible to be shared, on the other.
      if (x == false || y == false) return true;
      const bool on_both = within(required(a), name) && within(required(b), name);
      if (on_both && disjoint(x, y, depth + 1)) return true;
    }
  }
  return false;
}

}  // namespace twin::json_schema
