#include "engine/formats/config_reader.h"

#include <fmt/format.h>

#include <cmath>

#include "base/error.h"

namespace twin {

void ConfigReader::refuse(const std::string& what) const {
  throw Error(ErrorCode::kBadInput, fmt::format("{}: {}", where_, what));
}

size_t ConfigReader::size(const std::string& name) const {
  if (!has(name)) refuse(fmt::format("'{}' is missing", name));
  if (!json_.at(name).is_number_unsigned()) refuse(fmt::format("'{}' is not a size", name));
  return json_.at(name).get<size_t>();
}

size_t ConfigReader::size_or(const std::string& name, size_t fallback) const {
  return has(name) ? size(name) : fallback;
}

float ConfigReader::number_or(const std::string& name, float fallback) const {
  if (!has(name)) return fallback;
  if (!json_.at(name).is_number()) refuse(fmt::format("'{}' is not a number", name));
  const auto value = json_.at(name).get<double>();
  // Converting a double beyond float's range is undefined.
  if (!(std::abs(value) <= 3e38)) refuse(fmt::format("'{}' is {}, out of range", name, value));
  return static_cast<float>(value);
}

bool ConfigReader::flag_or(const std::string& name, bool fallback) const {
  if (!has(name)) return fallback;
  if (!json_.at(name).is_boolean()) refuse(fmt::format("'{}' is not true or false", name));
  return json_.at(name).get<bool>();
}

std::string ConfigReader::text_or(const std::string& name, const std::string& fallback) const {
  if (!has(name)) return fallback;
  if (!json_.at(name).is_string()) refuse(fmt::format("'{}' is not a string", name));
  return json_.at(name).get<std::string>();
}

int32_t ConfigReader::token(const Json& value, const std::string& name) const {
  if (!value.is_number_integer() || value < -1 || value > INT32_MAX) {
    refuse(fmt::format("'{}' is not a token id", name));
  }
  return value.get<int32_t>();
}

int32_t ConfigReader::token_or(const std::string& name, int32_t fallback) const {
  return has(name) ? token(json_.at(name), name) : fallback;
}

std::vector<int32_t> ConfigReader::tokens(const std::string& name) const {
  std::vector<int32_t> ids;
  if (!has(name)) return ids;
  const Json& value = json_.at(name);
  if (!value.is_array()) return {token(value, name)};
  for (const Json& id : value) ids.push_back(token(id, name));
  return ids;
}

ConfigReader ConfigReader::object(const std::string& name) const {
  if (!has(name) || !json_.at(name).is_object()) refuse(fmt::format("'{}' is no object", name));
  return {json_.at(name), where_ + ": " + name};
}

}  // namespace twin
