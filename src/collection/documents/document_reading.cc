#include "collection/documents/document_reading.h"

#include <algorithm>

#include "text/unicode.h"

namespace twin {
namespace {

bool names_nobody(const std::string& name) {
  static constexpr std::string_view kNobody[] = {
      "",      "microsoft office user", "windows user", "windows-benutzer", "utilisateur windows",
      "user",  "usuario de windows",    "admin",        "administrator",    "unknown",
      "owner", "python-docx",           "anonymous",    "author",           "microsoft"};
  return std::find(std::begin(kNobody), std::end(kNobody), lower(name)) != std::end(kNobody);
}

}  // namespace

std::vector<std::string> bylines_of(const std::string& creator) {
  std::vector<std::string> names;
  for (size_t begin = 0; begin <= creator.size();) {
    const size_t semicolon = creator.find(';', begin), word = creator.find(" and ", begin);
    const size_t end = std::min({semicolon, word, creator.size()});
    std::string name = creator.substr(begin, end - begin);
    while (name.starts_with(' ')) name.erase(0, 1);
    while (name.ends_with(' ')) name.pop_back();
    if (!names_nobody(name)) names.push_back(name);
    begin = end + (end == word && word < semicolon ? 5 : 1);
  }
  return names;
}

}  // namespace twin
