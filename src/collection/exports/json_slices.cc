#include "collection/exports/json_slices.h"

namespace twin {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

// Past the string that begins at `at`.
size_t end_of_string(std::string_view json, size_t at) {
  for (++at; at < json.size() && json[at] != '"'; ++at) {
    if (json[at] == '\\') ++at;
  }
  return at < json.size() ? at + 1 : json.size();
}

// Past the value that begins at `at`.
size_t end_of_value(std::string_view json, size_t at) {
  size_t depth = 0;
  while (at < json.size()) {
    const char c = json[at];
    if (c == '"') {
      at = end_of_string(json, at);
      if (depth == 0) return at;
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') {
      if (depth == 0) return at;
      if (--depth == 0) return at + 1;
    }
    if (depth == 0 && (c == ',' || kSpace.find(c) != kSpace.npos)) return at;
    ++at;
  }
  return json.size();
}

}  // namespace

std::vector<std::pair<std::string_view, std::string_view>> object_members(std::string_view json) {
  std::vector<std::pair<std::string_view, std::string_view>> members;
  size_t at = json.find('{');
  while (at != json.npos && (at = json.find_first_of("\"}", at)) != json.npos && json[at] == '"') {
    const size_t name_end = end_of_string(json, at);
    const std::string_view name = json.substr(at + 1, name_end - at - 2);
    const size_t colon = json.find(':', name_end);
    if (colon == json.npos) break;
    const size_t begin = json.find_first_not_of(kSpace, colon + 1);
    if (begin == json.npos) break;
    const size_t end = end_of_value(json, begin);
    members.emplace_back(name, json.substr(begin, end - begin));
    at = end;
  }
  return members;
}

std::string_view object_member(std::string_view json, std::string_view name) {
  for (const auto& [key, value] : object_members(json)) {
    if (key == name) return value;
  }
  return {};
}

}  // namespace twin
