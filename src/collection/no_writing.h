#pragma once

#include <string_view>

namespace twin {

// Files that stand among texts and are none of their author's, told by their names as people give
// them (without folders).

// LICENSE, LICENCE, COPYING, UNLICENSE and CODE_OF_CONDUCT in any case, NOTICE and COPYRIGHT in
// capitals; with any suffix, LICENSE-MIT and the like too.
bool is_licence_name(std::string_view file_name);
inline constexpr const char* kLicenceReason = "a licence, notice or code of conduct";

// SOURCE, SOURCES, PROVENANCE or ATTRIBUTION in any case, with any suffix, whose text only says
// where others are from: at most 200 words, a web address among them.
bool is_source_note_name(std::string_view file_name);
bool is_source_note(std::string_view file_name, std::string_view text);
inline constexpr const char* kSourceNoteReason = "says where the texts beside it are from";

}  // namespace twin
