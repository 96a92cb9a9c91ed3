#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "domain/author.h"
#include "domain/passage_filter.h"

namespace twin {

// In the order of the year.
inline constexpr std::array<std::string_view, 12> kMonthNames = {
    "january", "february", "march",     "april",   "may",      "june",
    "july",    "august",   "september", "october", "november", "december"};

// What a request can name: the authors and platforms of the store.
struct KnownSources {
  std::vector<Author> authors;
  std::vector<std::string> platforms;
};

// A request taken apart: which passages it asks for, and what about.
struct UnderstoodRequest {
  PassageFilter filter;
  std::string text;                  // the request without what became the filter
  std::vector<std::string> reasons;  // for people: "author Ada Lovelace", "from 2019 to 2021"
  std::vector<std::string> notes;    // for people: what was not used, and why
};

// By rules alone, English: a known author's full name (if only one is named), "on PLATFORM" or
// "from PLATFORM", "tagged NAME" and "#name", and times: "in 2019", "in March 2020", "since",
// "after", "before", "until" and "between 2019 and 2021". Where nothing else would remain of the
// request, it stays whole.
UnderstoodRequest understand(std::string_view request, const KnownSources& known);

}  // namespace twin
