#pragma once

#include <string>
#include <string_view>

namespace twin {

enum class UnicodeForm { kNfc, kNfd, kNfkc, kNfkd };

// The text in a Unicode normalization form, by utf8proc. Requires valid UTF-8. n log n in the
// longest run of combining marks. Source: Unicode Standard Annex 15.
std::string unicode_form(UnicodeForm form, std::string_view text);

}  // namespace twin
