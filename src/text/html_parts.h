#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domain/byte_range.h"

namespace twin {

// An element of a page, by its place in the page's bytes.
struct HtmlPart {
  std::string selector;  // which of those asked for it is
  ByteRange outer;       // its tags and what is between them
  ByteRange inner;       // what is between its tags
  std::string text;      // its text, white space folded
  std::string href, datetime;
};

// The elements of a page of a known make that are named by tag ("time") or class (".e-content"), in
// the order of the page; those within a found one are not looked for. Hostile input.
// Errors: kBadInput where a limit is passed, as html_to_markdown().
std::vector<HtmlPart> html_parts(std::string_view html, std::string_view where,
                                 const std::vector<std::string_view>& selectors);

// The page less the elements that are named.
std::string without_html_parts(std::string_view html, std::string_view where,
                               const std::vector<std::string_view>& selectors);

}  // namespace twin
