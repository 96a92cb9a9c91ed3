#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "text/article/article.h"

namespace twin {

// A page with what a person would keep of it.
struct LabelledPage {
  std::string name, html;
  std::string expected_html;      // the content alone
  std::string expected_metadata;  // JSON: title, byline, publishedTime, lang
};

// The pages of a folder laid out as NAME/source.html, expected.html, expected-metadata.json, by
// name; of the half "even" or "odd" (by place in that order) where it is given. Empty if there is
// no folder.
std::vector<LabelledPage> read_labelled_pages(const std::filesystem::path& folder,
                                              std::string_view half = {});

// How much two texts share, as bags of words (runs of letters and digits, lower case).
struct TokenOverlap {
  double precision = 0, recall = 0;
  double f1() const;
};
TokenOverlap token_overlap(std::string_view expected, std::string_view found);

struct FieldResult {
  std::string expected, found;
  bool right = false;
};
struct PageMeasure {
  std::string name;
  ArticleReading reading;
  TokenOverlap content;
  std::map<std::string, FieldResult> fields;  // those that the labels state
};
struct FieldRate {
  size_t stated = 0, right = 0;
};
struct ExtractionMeasure {
  std::vector<PageMeasure> pages;
  double mean_f1 = 0;
  std::map<std::string, FieldRate> rates;
};

// Reads each page and compares. Right is: a title with the same words in the same order; a byline
// whose words are the label's or one of several of whom the label names one, but for "by" and what
// labels repeat of dates and sites around the name; a date on the same day; a language of the same
// primary subtag and, where both have one, the same region.
ExtractionMeasure measure_extraction(const std::vector<LabelledPage>& pages);

}  // namespace twin
