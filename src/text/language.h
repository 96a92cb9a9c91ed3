#pragma once

#include <string>
#include <string_view>

namespace twin {

// The language that a text is written in, as BCP 47 ("en", "pt", "zh"); empty where it cannot be
// told: too few words, or of no language known here. About 60 are: those with a script of their own
// by their script, the others by letters that only they have and by their commonest words. Looks at
// the first 20,000 letters.
std::string detect_language(std::string_view text);

// Whether a text is in a language; kUnknown where neither that nor another one is plain. kNo takes
// more than detect_language() naming another: a script that the language does not have, or
// different words and letters of the other language, twice as much as of this one.
enum class LanguageVerdict { kUnknown, kYes, kNo };
LanguageVerdict is_in_language(std::string_view text, std::string_view language);

}  // namespace twin
