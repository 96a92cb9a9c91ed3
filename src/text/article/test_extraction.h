#pragma once

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/files.h"
#include "base/json.h"
#include "text/article/article.h"
#include "text/article/byline.h"
#include "text/article/dates.h"
#include "text/article/page_metadata.h"
#include "text/page_tree.h"
#include "text/unicode.h"

// How well articles are extracted from pages that people labelled: for tests and bench/.
namespace twin::test {

// A page with what a person would keep of it.
struct LabelledPage {
  std::string name, html;
  std::string expected_html;      // the content alone
  std::string expected_metadata;  // JSON: title, byline, publishedTime, lang
};

// How much two texts share, as bags of words (runs of letters and digits, lower case).
struct TokenOverlap {
  double precision = 0, recall = 0;
  double f1() const {
    return precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall);
  }
};

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

inline std::vector<std::string> tokens(std::string_view text) {
  std::vector<std::string> found;
  std::string word;
  for (size_t i = 0; i < text.size();) {
    const CodePoint c = code_point_at(text, i);
    if (is_letter(c.value) || is_mark(c.value) || is_digit(c.value)) {
      word.append(text, i, c.bytes);
    } else if (!word.empty()) {
      found.push_back(lower(word));
      word.clear();
    }
    i += c.bytes;
  }
  if (!word.empty()) found.push_back(lower(word));
  return found;
}

inline std::string joined(std::string_view text) {
  std::string all;
  for (const std::string& token : tokens(text)) all += (all.empty() ? "" : " ") + token;
  return all;
}

// All text of a page, whatever its elements, blocks apart.
inline std::string all_text(const std::string& html) {
  const PageTree tree(html, "expected.html", {});
  std::string text;
  for (const PageNode& node : tree.nodes()) {
    if (node.is_text) {
      text += node.text;
    } else if (is_block_element(node.tag) || node.tag == HtmlTag::kBr) {
      text += '\n';
    }
  }
  return text;
}

// The label's words hold the found name, or are one of the found names.
inline bool same_names(const std::string& expected, const std::string& found) {
  const std::string e = " " + joined(expected) + " ", f = " " + joined(found) + " ";
  if (found.empty()) return false;
  if (e.find(f) != std::string::npos) return true;
  for (size_t begin = 0; begin < found.size();) {
    const size_t end = std::min(found.find("; ", begin), found.size());
    if (joined(expected) == joined(std::string_view(found).substr(begin, end - begin))) return true;
    begin = end + 2;
  }
  return false;
}

inline bool same_language(std::string_view expected, std::string_view found) {
  const std::string e = normal_language_tag(expected), f = normal_language_tag(found);
  if (e.empty() || f.empty()) return e == f;
  if (e.find('-') == std::string::npos || f.find('-') == std::string::npos) {
    return e.substr(0, e.find('-')) == f.substr(0, f.find('-'));
  }
  return e == f;
}

inline std::string text_or_empty(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

// The pages of a folder laid out as NAME/source.html, expected.html, expected-metadata.json, by
// name; of the half "even" or "odd" (by place in that order) where it is given. Empty if there is
// no folder.
inline std::vector<LabelledPage> read_labelled_pages(const std::filesystem::path& folder,
                                                     std::string_view half = {}) {
  std::vector<std::filesystem::path> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (std::filesystem::exists(entry.path() / "source.html")) names.push_back(entry.path());
  }
  std::sort(names.begin(), names.end());
  std::vector<LabelledPage> pages;
  for (size_t i = 0; i < names.size(); ++i) {
    if ((half == "even" && i % 2 == 1) || (half == "odd" && i % 2 == 0)) continue;
    pages.push_back({names[i].filename().string(), read_file(names[i] / "source.html"),
                     read_file(names[i] / "expected.html"),
                     read_file(names[i] / "expected-metadata.json")});
  }
  return pages;
}

inline TokenOverlap token_overlap(std::string_view expected, std::string_view found) {
  const std::vector<std::string> e = tokens(expected), f = tokens(found);
  if (e.empty() && f.empty()) return {1, 1};
  std::unordered_map<std::string_view, size_t> left;
  for (const std::string& token : e) ++left[token];
  size_t shared = 0;
  for (const std::string& token : f) {
    const auto found_token = left.find(token);
    if (found_token == left.end() || found_token->second == 0) continue;
    --found_token->second;
    ++shared;
  }
  const auto share = [&](size_t of) {
    return of == 0 ? 0 : static_cast<double>(shared) / static_cast<double>(of);
  };
  return {share(f.size()), share(e.size())};
}

// Reads each page and compares. Right is: a title with the same words in the same order; a byline
// whose words are the label's or one of several of whom the label names one, but for "by" and what
// labels repeat of dates and sites around the name; a date on the same day; a language of the same
// primary subtag and, where both have one, the same region.
inline ExtractionMeasure measure_extraction(const std::vector<LabelledPage>& pages) {
  ExtractionMeasure measure;
  for (const LabelledPage& page : pages) {
    PageMeasure& result = measure.pages.emplace_back();
    result.name = page.name;
    result.reading = read_article(page.html, page.name);
    result.content = token_overlap(all_text(page.expected_html), result.reading.text);
    measure.mean_f1 += result.content.f1() / static_cast<double>(pages.size());
    const Json labels = parse_json(page.expected_metadata, page.name);
    const auto compare = [&](const char* name, const char* key, const std::string& found,
                             const auto& same) {
      const std::string expected = text_or_empty(labels, key);
      if (expected.empty() ||
          (key == std::string_view("byline") && clean_byline(expected).empty())) {
        return;  // a date, "Follow Author": no name
      }
      const bool right = same(expected, found);
      result.fields[name] = {expected, found, right};
      ++measure.rates[name].stated;
      measure.rates[name].right += right;
    };
    const ArticleReading& reading = result.reading;
    compare("title", "title", reading.title,
            [](const std::string& e, const std::string& f) { return joined(e) == joined(f); });
    compare("byline", "byline", reading.byline, same_names);
    compare("date", "publishedTime", reading.date, [](const std::string& e, const std::string& f) {
      return find_date(e).substr(0, 10) == f.substr(0, 10);
    });
    compare("language", "lang", reading.language, same_language);
  }
  return measure;
}

}  // namespace twin::test
