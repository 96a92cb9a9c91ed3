#pragma once

#include <span>
#include <string>
#include <string_view>

namespace twin {

// What a page's JSON-LD (schema.org) says of its article. Empty where it does not say.
struct LinkedData {
  bool is_article = false;
  std::string name, headline;
  std::string author;  // names of several, ", " between them
  std::string date;    // datePublished as it stands
  std::string language, link, site_name;
  std::string body;  // articleBody
};

// Reads the first article in the page's scripts: an object whose type is schema.org's Article or
// one of its kinds, at any depth (@graph, mainEntity, lists). Scripts that are no JSON are passed
// over.
LinkedData read_json_ld(std::span<const std::string_view> scripts);

}  // namespace twin
