#pragma once

#include <string>
#include <string_view>

namespace twin {

// Paragraphs of a text of format=flowed: lines that end in a space are joined with the next of the
// same quote depth, stuffed spaces are taken off, quoted lines begin with ">" for each level and a
// space. `delete_space`: DelSp=yes. "-- " stays a line of its own.
// Source: RFC 3676, sections 4.1 to 4.6.
std::string unflow(std::string_view text, bool delete_space);

}  // namespace twin
