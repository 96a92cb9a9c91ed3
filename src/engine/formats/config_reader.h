#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "base/json.h"

namespace twin {

// Reads the fields of one config.json; every error is kBadInput and names the file and the field. A
// field that is null counts as absent. Holds a reference to the JSON.
class ConfigReader {
 public:
  ConfigReader(const Json& json, std::string where) : json_(json), where_(std::move(where)) {}

  [[noreturn]] void refuse(const std::string& what) const;

  bool has(const std::string& name) const {
    return json_.contains(name) && !json_.at(name).is_null();
  }
  size_t size(const std::string& name) const;  // refuses where it is missing
  size_t size_or(const std::string& name, size_t fallback) const;
  float number_or(const std::string& name, float fallback) const;
  bool flag_or(const std::string& name, bool fallback) const;
  std::string text_or(const std::string& name, const std::string& fallback) const;
  int32_t token_or(const std::string& name, int32_t fallback) const;
  // One id or a list of them; empty where absent.
  std::vector<int32_t> tokens(const std::string& name) const;
  // The fields of an object within. Refuses what is none.
  ConfigReader object(const std::string& name) const;
  const Json& operator[](const std::string& name) const { return json_.at(name); }
  const Json& json() const { return json_; }

 private:
  int32_t token(const Json& value, const std::string& name) const;

  const Json& json_;
  std::string where_;
};

}  // namespace twin
