#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace twin {

struct MemberPath {
  std::string path;     // normalised; of a refused one as it stands, control characters as '?'
  std::string refused;  // why it may not be used, else empty
};

// Checks the name of an archive's member as if it were to be written below a folder: "a\\b//./c"
// becomes "a/b/c"; absolute paths, drive letters, "..", control characters and names beyond 4,096
// bytes are refused. Requires UTF-8.
MemberPath normalise_member_path(std::string_view name);

// Names of one archive as UTF-8. Those that are UTF-8 stay. The others are taken together for a
// charset that uchardet recognises and all of them are valid in (Shift-JIS, GB18030, Big5, EUC-KR,
// Cyrillic ones), else for code page 437, which is a zip's where nothing is said.
// Source: APPNOTE.TXT 6.3.10, appendix D.
std::vector<std::string> decode_member_names(const std::vector<std::string>& names);

}  // namespace twin
