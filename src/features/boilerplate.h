#pragma once

#include <string_view>

#include "domain/byte_range.h"

namespace twin {

// Whether a paragraph or list item is a platform's own words (share buttons, subscription prompts,
// counters, menus of icons) rather than the author's. `text` is plain, without outer white space.
bool is_boilerplate_line(std::string_view text);

// A date alone, as platforms print it under a title: "Aug 17, 2024", "July 29, 2024", "2024-07-29".
bool is_lone_date(std::string_view text);

// What is left of a paragraph without the page header and footer that some extractors run into it.
ByteRange without_page_frame(std::string_view paragraph);

}  // namespace twin
