#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "domain/byte_range.h"

namespace twin {

// The facts at the start of a document, before its text: YAML between "---" lines, TOML between
// "+++" lines, or a JSON object whose braces stand on lines of their own. A byte order mark may
// precede; at most 64 KiB.
struct FrontMatter {
  ByteRange range;  // of the whole block, marks included; empty if there is none
  // Every value as text under its key in lower case, a list as several; of a map within,
  // "key.inner"; of a list of maps, the name of each. At most 1,000 values, nested 8 deep. TOML's
  // dates are written as RFC 3339 does.
  std::map<std::string, std::vector<std::string>> values;
  std::string title, date;           // "title"; "date", else "publishdate"
  std::vector<std::string> tags;     // "tags", else "categories"
  std::vector<std::string> authors;  // "authors", else "author": names, as they stand there
  std::string error;                 // why it was not read, empty if it was

  // The one value of a key, empty where there is none or several.
  std::string one(const std::string& key) const;
};

// Never fails: what cannot be read costs the values, not the document.
FrontMatter front_matter(std::string_view text);
// Its range alone.
ByteRange front_matter_range(std::string_view text);

// A whole YAML, TOML or JSON file (told by its suffix ".toml", ".json", else YAML) as such values.
// Errors: kBadInput with where and what.
std::map<std::string, std::vector<std::string>> read_values(std::string_view text,
                                                            std::string_view file_name);

}  // namespace twin
