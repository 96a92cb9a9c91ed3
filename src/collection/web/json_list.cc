#include "collection/web/json_list.h"

#include <fmt/format.h>

#include "base/error.h"

namespace twin {

std::vector<Json> json_objects(std::string_view text, const std::string& where) {
  Json list = parse_json(text, where, {.max_bytes = size_t{64} << 20});
  if (!list.is_array()) {
    throw Error(ErrorCode::kBadInput, fmt::format("{}: expected a JSON list of posts", where));
  }
  std::vector<Json> objects;
  for (Json& element : list) {
    if (element.is_object()) objects.push_back(std::move(element));
  }
  return objects;
}

std::string json_text(const Json& object, std::initializer_list<const char*> path) {
  const Json* value = &object;
  for (const char* name : path) {
    if (!value->is_object()) return {};
    const auto found = value->find(name);
    if (found == value->end()) return {};
    value = &*found;
  }
  return value->is_string() ? value->get<std::string>() : std::string();
}

}  // namespace twin
