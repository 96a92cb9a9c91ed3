#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace twin {

// Whose links are to be collected, as the reference system's configs/digital_data_etl_*.yaml say.
struct LinkList {
  std::string user_full_name;
  std::vector<std::string> links;  // http or https, in order, each once
};

// Reads `user_full_name` and `links`, below `parameters` or at the top; everything else in the file
// is the reference system's own and left alone. Errors: kBadInput with file and line: not YAML, one
// of the two missing or of the wrong shape, a link that is none.
LinkList read_link_list(const std::filesystem::path& path);

// The same of bytes; `where` is the file's name in errors.
LinkList parse_link_list(std::string_view yaml, const std::string& where);

}  // namespace twin
