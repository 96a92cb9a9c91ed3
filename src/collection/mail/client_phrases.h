#pragma once

#include <string_view>

namespace twin {

// What mail clients write of themselves, in the languages they are used in most. All take a line
// as folded_line() gives it.

// "wrote", "schrieb", "a écrit", ...: stands in it as words.
bool says_wrote(std::string_view line);

// "-----Original Message-----", "---------- Forwarded message ---------", "Begin forwarded
// message:" and the like: all that follows is another's.
bool announces_original(std::string_view line);

// The field a line of the headers above a quoted message gives: "From: ", "Gesendet:", "De :".
enum class QuotedField { kNone, kFrom, kDate, kTo, kCopy, kSubject };
QuotedField quoted_field(std::string_view line);

// "Sent from my iPhone", "Get Outlook for Android", "Envoyé depuis l'application Mail Orange".
bool names_device(std::string_view line);

// First line of what a list, a virus scanner or a free mailer puts below: all that follows is
// theirs too.
bool opens_footer(std::string_view line);

// A paragraph by the company's lawyers.
bool is_disclaimer(std::string_view paragraph);

}  // namespace twin
