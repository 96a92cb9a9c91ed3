#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace twin {

// The objects of a platform's answer that must be a JSON list; others in it are left out. Errors:
// kBadInput naming `where`.
std::vector<Json> json_objects(std::string_view text, const std::string& where);

// The value at a path of member names, if it is a string; else empty.
std::string json_text(const Json& object, std::initializer_list<const char*> path);

}  // namespace twin
