#include "collection/mail/quoted_lines.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "collection/mail/client_phrases.h"

namespace twin {
namespace {

constexpr size_t kMaxAttributionLines = 4;
constexpr size_t kMaxAttributionBytes = 400;
// A block of a quoted message's headers has its fields within so many lines.
constexpr size_t kFieldLines = 8;
// Where clients break lines that grew too long by a ">": what they break off is short.
constexpr size_t kBrokenAt = 65, kBrokenOff = 36;

bool is_digit_at(std::string_view text, size_t i) {
  return i < text.size() && text[i] >= '0' && text[i] <= '9';
}

bool is_marked(std::string_view line) {
  const std::string_view text = trimmed(line);
  if (text.starts_with('>') || text.starts_with("|>")) return true;
  size_t initials = 0;
  while (initials < text.size() && text[initials] >= 'A' && text[initials] <= 'Z') ++initials;
  return (initials == 2 || initials == 3) && text.substr(initials).starts_with("> ");
}

bool has_address(std::string_view text) {
  for (size_t at = text.find('@'); at != std::string_view::npos; at = text.find('@', at + 1)) {
    const auto is_part = [&](size_t i) {
      return i < text.size() && static_cast<unsigned char>(text[i]) > ' ' && text[i] != '<';
    };
    if (at > 0 && is_part(at - 1) && is_part(at + 1)) return true;
  }
  return text.find("[mailto:") != std::string_view::npos;
}

// A year, a time of day or a date of three numbers.
bool has_date(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (!is_digit_at(text, i) || (i > 0 && is_digit_at(text, i - 1))) continue;
    size_t end = i;
    while (is_digit_at(text, end)) ++end;
    const size_t digits = end - i;
    if (digits == 4 && (text.substr(i, 2) == "19" || text.substr(i, 2) == "20")) return true;
    const char mark = end < text.size() ? text[end] : ' ';
    if (digits <= 2 && mark == ':' && is_digit_at(text, end + 1) && is_digit_at(text, end + 2)) {
      return true;
    }
    if (digits <= 2 && (mark == '.' || mark == '/' || mark == '-') && is_digit_at(text, end + 1)) {
      size_t third = end + 1;
      while (is_digit_at(text, third)) ++third;
      if (third < text.size() && text[third] == mark && is_digit_at(text, third + 1)) return true;
    }
  }
  return false;
}

bool ends_with_colon(std::string_view text) { return text.ends_with(':') || text.ends_with("："); }

// How surely a text says whose the quotation below it is.
enum class Attribution { kNone, kWeak, kSure };

Attribution attribution(std::string_view text) {
  if (text.empty() || text.size() > kMaxAttributionBytes) return Attribution::kNone;
  const bool date = has_date(text), address = has_address(text), wrote = says_wrote(text);
  if (ends_with_colon(text)) {
    if (date && (wrote || address)) return Attribution::kSure;
    return wrote || address ? Attribution::kWeak : Attribution::kNone;
  }
  // Gmail until 2013: "2012/4/5 Bob Miller <bob@example.org>".
  return is_digit_at(text, 0) && date && address && text.ends_with('>') ? Attribution::kSure
                                                                        : Attribution::kNone;
}

class QuoteMarker {
 public:
  QuoteMarker(std::span<const std::string_view> lines, std::vector<LineOwner>& owners)
      : lines_(lines), owners_(owners) {}

  void run() {
    for (size_t i = 0; i < lines_.size(); ++i) {
      if (is_marked(lines_[i])) mark(i, i + 1);
    }
    mark_broken_lines();
    mark(original_begin(), lines_.size());
    for (size_t i = 0; i < lines_.size(); ++i) {
      if (quoted(i) && (i == 0 || !quoted(i - 1))) mark_attribution_above(i);
    }
    mark_unmarked_reply();
  }

 private:
  bool quoted(size_t i) const { return owners_[i] == LineOwner::kQuoted; }
  bool blank(size_t i) const { return trimmed(lines_[i]).empty(); }
  void mark(size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) owners_[i] = LineOwner::kQuoted;
  }

  // "> a long line that some client wrapped" and then, without a mark, "its end".
  void mark_broken_lines() {
    for (size_t i = 1; i + 1 < lines_.size(); ++i) {
      if (!quoted(i) && quoted(i - 1) && quoted(i + 1) && !blank(i) &&
          lines_[i - 1].size() >= kBrokenAt && trimmed(lines_[i]).size() <= kBrokenOff) {
        mark(i, i + 1);
      }
    }
  }

  // From which line on all is a quoted message with its headers; the number of lines if none.
  size_t original_begin() const {
    for (size_t i = 0; i < lines_.size(); ++i) {
      if (quoted(i) || blank(i)) continue;
      const std::string line = folded_line(lines_[i]);
      if (announces_original(line) || headers_begin(i, line)) return above(i);
    }
    return lines_.size();
  }

  // The rule that Outlook draws above it belongs to it.
  size_t above(size_t i) const {
    for (size_t before = i; before-- > 0 && i - before <= 2;) {
      const std::string_view line = trimmed(lines_[before]);
      if (line.size() >= 3 && line.find_first_not_of("_-* ") == line.npos) return before;
      if (!line.empty()) break;
    }
    return i;
  }

  bool headers_begin(size_t first, const std::string& line) const {
    if (quoted_field(line) == QuotedField::kNone) return false;
    unsigned found = 0;
    for (size_t i = first; i < std::min(lines_.size(), first + kFieldLines); ++i) {
      found |= 1u << static_cast<unsigned>(quoted_field(folded_line(lines_[i])));
    }
    const auto has = [&](QuotedField field) { return (found >> static_cast<unsigned>(field)) & 1; };
    return has(QuotedField::kFrom) && (has(QuotedField::kDate) || has(QuotedField::kTo)) &&
           has(QuotedField::kSubject);
  }

  std::string joined(size_t begin, size_t end) const {
    std::string text;
    for (size_t i = begin; i < end; ++i) {
      if (!text.empty()) text += ' ';
      text += folded_line(lines_[i]);
    }
    return text;
  }

  void mark_attribution_above(size_t quote) {
    size_t end = quote;
    while (end > 0 && quote - end < 2 && blank(end - 1)) --end;
    size_t begin_of_weak = end;
    for (size_t begin = end; begin-- > 0 && end - begin <= kMaxAttributionLines;) {
      if (quoted(begin) || blank(begin)) break;
      const Attribution found = attribution(joined(begin, end));
      if (found == Attribution::kSure) return mark_introduction(begin, quote);
      if (found == Attribution::kWeak && begin_of_weak == end) begin_of_weak = begin;
    }
    if (begin_of_weak < end) mark_introduction(begin_of_weak, quote);
  }

  // A sure attribution may have begun on the line above: "On Tuesday, 5 March 2024," and then
  // "Bob <bob@example.org> wrote at 10:11:".
  void mark_introduction(size_t begin, size_t quote) {
    static constexpr std::string_view kOpenings[] = {
        "on ", "am ", "le ", "el ", "il ", "em ", "op ", "den ", "dnia ", "w dniu ", "dne "};
    if (begin > 0 && !quoted(begin - 1) && !blank(begin - 1)) {
      const std::string line = folded_line(lines_[begin - 1]);
      const bool opens =
          std::any_of(std::begin(kOpenings), std::end(kOpenings),
                      [&](std::string_view opening) { return line.starts_with(opening); });
      if (opens && has_date(line) && !line.ends_with('.')) --begin;
    }
    mark(begin, quote);
  }

  // "On Tue, 5 Mar 2024, Bob wrote:" and then the other's mail without marks, to the end.
  void mark_unmarked_reply() {
    for (size_t begin = 0; begin < lines_.size(); ++begin) {
      if (quoted(begin) || blank(begin)) continue;
      for (size_t end = begin + 1; end <= std::min(lines_.size(), begin + kMaxAttributionLines);
           ++end) {
        if (quoted(end - 1) || blank(end - 1)) break;
        const std::string text = joined(begin, end);
        if (attribution(text) != Attribution::kSure || !says_wrote(text)) continue;
        if (has_address(text) || says_when(text)) return mark(begin, lines_.size());
      }
    }
  }

  // Both a year and a time: an author's own sentence seldom has both before a colon.
  static bool says_when(std::string_view text) {
    bool year = false, time = false;
    for (size_t i = 0; i + 4 <= text.size(); ++i) {
      year = year || ((text.substr(i, 2) == "19" || text.substr(i, 2) == "20") &&
                      is_digit_at(text, i + 2) && is_digit_at(text, i + 3));
      time = time || (is_digit_at(text, i) && text[i + 1] == ':' && is_digit_at(text, i + 2) &&
                      is_digit_at(text, i + 3));
    }
    return year && time;
  }

  std::span<const std::string_view> lines_;
  std::vector<LineOwner>& owners_;
};

}  // namespace

void mark_quoted(std::span<const std::string_view> lines, std::vector<LineOwner>& owners) {
  TWIN_CHECK(lines.size() == owners.size());
  QuoteMarker(lines, owners).run();
}

}  // namespace twin
