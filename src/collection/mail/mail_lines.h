#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace twin {

// Whose a line of a mail's text is.
enum class LineOwner {
  kAuthor,     // blank lines too
  kQuoted,     // what is answered or forwarded, and the line that says whose it is
  kSignature,  // below "-- ", contact lines, "Sent from my iPhone"
  kNotice,     // footers of lists, virus scanners and lawyers
};

// The lines of a text without their line breaks (\n or \r\n), views into it.
std::vector<std::string_view> lines_of(std::string_view text);

std::string_view trimmed(std::string_view text);  // of ASCII white space and no-break spaces

// Lower case, without emphasis marks ("*From:*"), white space folded: what phrases of mail clients
// are compared with.
std::string folded_line(std::string_view line);

// Whether `phrase` stands in `text` as whole words.
bool has_words(std::string_view text, std::string_view phrase);

}  // namespace twin
