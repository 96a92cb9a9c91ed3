#include "engine/tokenizer/json_fields.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace twin {

JsonFields::JsonFields(const Json& object, std::string where)
    : object_(object), where_(std::move(where)) {
  if (!object.is_object()) refuse("is not an object");
}

void JsonFields::refuse(const std::string& what) const {
  throw Error(ErrorCode::kBadInput, fmt::format("{}: {}", where_, what));
}

const Json& JsonFields::member(const char* name) const {
  static const Json null;
  const auto found = object_.find(name);
  return found == object_.end() ? null : *found;
}

bool JsonFields::flag(const char* name, bool fallback) const {
  const Json& value = member(name);
  if (value.is_null()) return fallback;
  if (!value.is_boolean()) refuse(fmt::format("{} is not true or false", name));
  return value.get<bool>();
}

std::string JsonFields::text(const char* name, std::string_view fallback) const {
  const Json& value = member(name);
  if (value.is_null()) return std::string(fallback);
  if (!value.is_string()) refuse(fmt::format("{} is not a text", name));
  return value.get<std::string>();
}

double JsonFields::number(const char* name, double fallback) const {
  const Json& value = member(name);
  if (value.is_null()) return fallback;
  if (!value.is_number()) refuse(fmt::format("{} is not a number", name));
  return value.get<double>();
}

const Json& JsonFields::list(const char* name) const {
  const Json& value = member(name);
  if (!value.is_array()) refuse(fmt::format("{} is not a list", name));
  return value;
}

std::pair<std::string, bool> JsonFields::pattern(const char* name) const {
  const JsonFields value(member(name), where_ + ": " + name);
  const bool is_regex = !value.member("Regex").is_null();
  std::string text = value.text(is_regex ? "Regex" : "String", "");
  if (text.empty()) value.refuse("is neither a String nor a Regex");
  return {std::move(text), is_regex};
}

}  // namespace twin
