#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace twin {

// What a page's JSON-LD (schema.org) says of its article. Empty where it does not say.
struct LinkedData {
  bool is_article = false;
  std::string name, headline;
  std::vector<std::string> authors;  // their names
  std::string date;                  // datePublished as it stands
  std::string language, link, site_name;
  std::string body;  // articleBody
};

// Reads the first article in the page's scripts: an object whose type is schema.org's Article or
// one of its kinds, at any depth (@graph, mainEntity, lists). Scripts that are no JSON are passed
// over.
LinkedData read_json_ld(std::span<const std::string_view> scripts);

// "Ada Long, Bo Short".
std::string joined_names(const std::vector<std::string>& names);

}  // namespace twin
