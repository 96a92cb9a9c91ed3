#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domain/author.h"

namespace twin {

// The names in a byline: "Ada Lovelace and Charles Babbage" are two, "By Dr. Ada Lovelace, FRS" is
// one. What names nobody ("admin", an e-mail address, a link) is left out.
std::vector<std::string> byline_names(std::string_view byline);

// Whether a name is the author's: the same words, case, accents and titles aside; the last name
// with the first one's initial or without middle names ("A. K. Lovelace", "Ada Lovelace" for "Ada
// King Lovelace"); the first or last name alone; a handle made of them ("adalovelace",
// "@ada-lovelace", "alovelace"). The same holds for each alias.
bool is_name_of(const Author& author, std::string_view name);

// Whose a post is by its bylines. A post without any is taken for the author's: it stands on the
// author's site. One of several authors is theirs too; a later stage knows its bylines.
struct BylineVerdict {
  bool by_author = true;
  std::string reason;  // of a post that is not theirs: "by Charles Babbage, not by Ada Lovelace"
};
BylineVerdict judge_bylines(const Author& author, const std::vector<std::string>& bylines);

}  // namespace twin
