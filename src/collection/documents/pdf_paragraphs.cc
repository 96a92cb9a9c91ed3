#include "collection/documents/pdf_paragraphs.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>

#include "collection/documents/markdown_builder.h"
#include "text/unicode.h"

namespace twin {
namespace {

// Heads and footers are within so many lines of a page's edge, and move up or down so little.
constexpr size_t kEdgeLines = 2;
constexpr double kEdgeDrift = 6;
constexpr size_t kMinRepeated = 3;
constexpr double kHeadingRatio = 1.15;
constexpr size_t kMaxHeadingBytes = 200;
constexpr size_t kMaxHeadingLevels = 4;

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_page_number(std::string_view text) {
  std::string bare;
  for (const char c : lower(text)) {
    if (std::string_view(" -–—.|/()[]").find(c) == std::string_view::npos) bare += c;
  }
  for (const std::string_view word : {"page", "seite", "of", "von", "p"}) {
    if (bare.starts_with(word)) bare.erase(0, word.size());
  }
  if (bare.empty() || bare.size() > 10) return false;
  const bool arabic = bare.find_first_not_of("0123456789") == std::string::npos ||
                      (bare.find("of") != std::string::npos &&
                       bare.find_first_not_of("0123456789of") == std::string::npos);
  return arabic || bare.find_first_not_of("ivxlc") == std::string::npos;
}

// A running head with its numbers, which count pages, made equal.
std::string edge_key(std::string_view text) {
  std::string key;
  for (const char c : lower(text)) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit) {
      key += c;
    } else if (key.empty() || key.back() != '#') {
      key += '#';
    }
  }
  return key;
}

bool ends_sentence(std::string_view text) {
  for (const std::string_view quote : {"\"", "”", "’", "'", ")", "»", "“"}) {
    if (text.ends_with(quote)) text.remove_suffix(quote.size());
  }
  return text.ends_with('.') || text.ends_with('!') || text.ends_with('?') || text.ends_with(':') ||
         text.ends_with("…") || text.ends_with("。");
}

char32_t first_letter(std::string_view text) {
  return text.empty() ? U'\0' : code_point_at(text, 0).value;
}

bool begins_lower(std::string_view text) {
  const char32_t c = first_letter(text);
  return is_letter(c) && !is_upper(c);
}

struct Bullet {
  size_t bytes = 0;  // of the mark and the space behind it; 0: none
  int number = 0;    // 0: a bullet
};

Bullet bullet_of(std::string_view text) {
  for (const std::string_view mark :
       {"•", "‣", "◦", "▪", "●", "■", "\xef\x82\xb7", "–", "-", "*", "·"}) {
    if (text.starts_with(mark) && text.substr(mark.size()).starts_with(' ')) {
      return {mark.size() + 1, 0};
    }
  }
  size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
  const std::string_view rest = text.substr(digits);
  if (digits > 0 && digits <= 2 && (rest.starts_with(". ") || rest.starts_with(") "))) {
    return {digits + 2, std::atoi(std::string(text.substr(0, digits)).c_str())};
  }
  return {};
}

class ParagraphMaker {
 public:
  ParagraphMaker(std::vector<PdfLine> lines, int pages) : lines_(std::move(lines)), pages_(pages) {}

  std::string run() {
    drop_page_edges();
    measure();
    for (size_t begin = 0; begin < lines_.size();) {
      size_t end = begin + 1;
      while (end < lines_.size() && !breaks_before(end)) ++end;
      write(begin, end);
      begin = end;
    }
    return out_.finish();
  }

 private:
  // Which of a page's lines are nearest to its edges.
  void drop_page_edges() {
    if (pages_ < 2) return;
    std::map<int, std::vector<size_t>> by_page;
    for (size_t i = 0; i < lines_.size(); ++i) by_page[lines_[i].page].push_back(i);
    std::map<std::string, std::vector<size_t>> recurring;
    std::set<size_t> dropped;
    for (auto& [page, all] : by_page) {
      std::stable_sort(all.begin(), all.end(),
                       [&](size_t a, size_t b) { return lines_[a].top < lines_[b].top; });
      for (size_t k = 0; k < all.size(); ++k) {
        if (k >= kEdgeLines && k + kEdgeLines < all.size()) continue;
        recurring[edge_key(lines_[all[k]].text)].push_back(all[k]);
        const bool outermost = k == 0 || k + 1 == all.size();
        if (outermost && is_page_number(lines_[all[k]].text)) dropped.insert(all[k]);
      }
    }
    for (const auto& [key, places] : recurring) {
      for (const size_t place : places) {
        std::set<int> pages;
        for (const size_t other : places) {
          if (std::abs(lines_[other].top - lines_[place].top) <= kEdgeDrift) {
            pages.insert(lines_[other].page);
          }
        }
        const bool all_pages = pages_ == 2 && pages.size() == 2 && key.size() > 3;
        if (pages.size() >= kMinRepeated || all_pages) dropped.insert(place);
      }
    }
    std::vector<PdfLine> kept;
    for (size_t i = 0; i < lines_.size(); ++i) {
      if (dropped.count(i) == 0) kept.push_back(std::move(lines_[i]));
    }
    lines_ = std::move(kept);
  }

  void measure() {
    std::map<int, size_t> letters_of_size;
    std::vector<double> steps;
    for (size_t i = 0; i < lines_.size(); ++i) {
      letters_of_size[half_points(lines_[i].size)] += lines_[i].text.size();
      for (const ByteRange word : words(lines_[i].text)) {
        words_.insert(lower(slice(lines_[i].text, word)));
      }
      if (i > 0 && is_below(i) && same_size(i)) steps.push_back(step(i));
    }
    size_t most = 0;
    for (const auto& [size, letters] : letters_of_size) {
      if (letters > most) body_size_ = size / 2.0;
      most = std::max(most, letters);
    }
    if (!steps.empty()) {
      std::nth_element(steps.begin(), steps.begin() + static_cast<long>(steps.size() / 2),
                       steps.end());
      step_ = steps[steps.size() / 2];
    }
    for (const auto& [size, letters] : letters_of_size) {
      if (size / 2.0 >= body_size_ * kHeadingRatio) heading_sizes_.insert(size);
    }
  }

  static int half_points(double size) { return static_cast<int>(std::lround(size * 2)); }
  bool same_size(size_t i) const {
    return std::abs(lines_[i].size - lines_[i - 1].size) < 0.1 * lines_[i].size;
  }
  double step(size_t i) const { return lines_[i].top - lines_[i - 1].top; }
  // In the same column, directly after it.
  bool is_below(size_t i) const {
    const PdfLine &line = lines_[i], &before = lines_[i - 1];
    return line.page == before.page && step(i) > 0.5 * line.size && line.left < before.right &&
           before.left < line.right;
  }

  // Where the column that a line stands in ends.
  double column_right(size_t i) const {
    double right = lines_[i].right;
    for (size_t k = i > 40 ? i - 40 : 0; k < std::min(lines_.size(), i + 40); ++k) {
      const PdfLine& other = lines_[k];
      if (other.page == lines_[i].page && std::abs(other.left - lines_[i].left) < 4 * body_size_) {
        right = std::max(right, other.right);
      }
    }
    return right;
  }

  bool is_heading_line(const PdfLine& line) const {
    return line.size >= body_size_ * kHeadingRatio ||
           (line.bold && line.size >= 0.95 * body_size_ && line.text.size() <= 100);
  }

  bool breaks_before(size_t i) const {
    const PdfLine &line = lines_[i], &before = lines_[i - 1];
    const bool heading = is_heading_line(line);
    if (heading != is_heading_line(before) || !same_size(i)) return true;
    if (bullet_of(line.text).bytes > 0) return true;
    const bool broken_word = before.text.ends_with('-') && begins_lower(line.text);
    if (broken_word) return false;
    const bool short_before =
        before.right < column_right(i - 1) - 0.15 * (before.right - before.left) - 2 * body_size_;
    if (!is_below(i)) {
      if (heading) return true;
      return ends_sentence(before.text) && (short_before || !begins_lower(line.text)) &&
             (short_before || is_indented(i));
    }
    if (step(i) > step_ * 1.35 + 1) return true;
    if (heading) return false;
    const double indent = line.left - before.left;
    const bool in_item = bullet_of(before.text).bytes > 0;
    if (indent > 0.8 * body_size_ && indent < 6 * body_size_ && !in_item) return true;
    return short_before && ends_sentence(before.text) && !begins_lower(line.text);
  }

  // Further right than the line below it.
  bool is_indented(size_t i) const {
    return i + 1 < lines_.size() && is_below(i + 1) &&
           lines_[i].left > lines_[i + 1].left + 0.8 * body_size_;
  }

  std::string joined(size_t begin, size_t end) const {
    std::string text;
    for (size_t i = begin; i < end; ++i) {
      const std::string_view line = trimmed(lines_[i].text);
      if (text.empty()) {
        text = line;
      } else if (text.ends_with('-') && begins_lower(line)) {
        join_word(text, line);
      } else {
        text += ' ';
        text += line;
      }
    }
    return text;
  }

  // "com-" and "puter": one word, unless the text elsewhere has the hyphen.
  void join_word(std::string& text, std::string_view line) const {
    std::string_view stem = std::string_view(text).substr(0, text.size() - 1);
    const size_t space = stem.rfind(' ');
    stem = stem.substr(space == std::string_view::npos ? 0 : space + 1);
    const std::vector<ByteRange> first = words(line);
    const std::string_view rest = first.empty() ? std::string_view() : slice(line, first.front());
    const std::string with = lower(std::string(stem) + '-' + std::string(rest));
    const std::string without = lower(std::string(stem) + std::string(rest));
    if (words_.count(with) == 0 || words_.count(without) > 0) text.pop_back();
    text += line;
  }

  void write(size_t begin, size_t end) {
    const std::string text = joined(begin, end);
    const PdfLine& line = lines_[begin];
    if (is_heading_line(line) && text.size() <= kMaxHeadingBytes && bullet_of(text).bytes == 0) {
      return out_.heading(level_of(line), text);
    }
    const Bullet bullet = bullet_of(text);
    if (bullet.bytes == 0) return out_.paragraph(text);
    out_.item(0, bullet.number, std::string_view(text).substr(bullet.bytes));
  }

  // The largest type is a heading of the first level; bold lines of the body's size the last.
  int level_of(const PdfLine& line) const {
    size_t larger = 0;
    for (const int size : heading_sizes_) larger += size > half_points(line.size);
    return static_cast<int>(std::min(larger, kMaxHeadingLevels)) + 1;
  }

  std::vector<PdfLine> lines_;
  int pages_;
  double body_size_ = 10;
  double step_ = 12;             // from line to line, the median
  std::set<int> heading_sizes_;  // in half points
  std::set<std::string> words_;  // as they stand within lines, lower case
  MarkdownBuilder out_;
};

}  // namespace

std::string pdf_paragraphs(std::vector<PdfLine> lines, int pages) {
  return ParagraphMaker(std::move(lines), pages).run();
}

}  // namespace twin
