#pragma once

#include <string>
#include <string_view>

namespace twin {

// A line of HTML as plain text: tags left out, entities resolved, white space folded. "Tom &#8217;s
// <em>own</em>" is "Tom ’s own"; a '<' or '&' that begins neither stays.
std::string html_line_to_text(std::string_view html);

// The text with each run of white space as one space, none at its ends.
std::string fold_spaces(std::string_view text);

}  // namespace twin
