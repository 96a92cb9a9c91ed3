#pragma once

#include <string_view>
#include <utility>
#include <vector>

namespace twin {

// The members of the JSON object `json`: the bytes of each name (quotes left out, escapes as they
// stand) and value, in order. With list_elements() (warehouse.h) it finds the bytes of one message
// in an export of many. Requires valid JSON that is an object.
std::vector<std::pair<std::string_view, std::string_view>> object_members(std::string_view json);

// The value of one member; empty where there is none. Requires the same.
std::string_view object_member(std::string_view json, std::string_view name);

}  // namespace twin
