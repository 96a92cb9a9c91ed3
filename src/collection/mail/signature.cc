#include "collection/mail/signature.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "collection/mail/client_phrases.h"
#include "text/unicode.h"

namespace twin {
namespace {

// What follows a doubtful mark ("--" without its space, a rule) is a signature if it is no longer.
constexpr size_t kMaxSignatureLines = 12;
constexpr size_t kMaxSignatureLineBytes = 120;

bool has_telephone(std::string_view line) {
  size_t digits = 0;
  for (const char c : line) {
    if (c >= '0' && c <= '9') {
      if (++digits >= 7) return true;
    } else if (std::string_view("+-()/. ").find(c) == std::string_view::npos) {
      digits = 0;
    }
  }
  return false;
}

bool is_contact(const std::string& line) {
  for (const std::string_view mark : {"http://", "https://", "www.", "@"}) {
    if (line.find(mark) != std::string::npos) return true;
  }
  for (const std::string_view label : {"tel", "phone", "mobile", "mobil", "fax", "cell", "skype"}) {
    if (line.starts_with(label)) return true;
  }
  return has_telephone(line);
}

bool is_postscript(std::string_view line) {
  return line.starts_with("ps") || line.starts_with("p.s") || line.starts_with("p. s");
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> found;
  for (const ByteRange range : words(text)) found.push_back(fold(slice(text, range)));
  return found;
}

class SignatureMarker {
 public:
  SignatureMarker(std::span<const std::string_view> lines, std::string_view author,
                  std::vector<LineOwner>& owners)
      : lines_(lines), author_(words_of(author)), owners_(owners) {
    for (const std::string_view line : lines) folded_.push_back(folded_line(line));
  }

  void run() {
    for (size_t begin = 0; begin < lines_.size();) {
      size_t end = begin;
      while (end < lines_.size() && own(end)) ++end;
      if (end > begin) stretch(begin, end);
      begin = std::max(end, begin + 1);
    }
  }

 private:
  bool own(size_t i) const { return owners_[i] == LineOwner::kAuthor; }
  void mark(size_t begin, size_t end, LineOwner owner) {
    for (size_t i = begin; i < end; ++i) {
      if (own(i)) owners_[i] = owner;
    }
  }

  void stretch(size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      if (names_device(folded_[i])) mark(i, i + 1, LineOwner::kSignature);
      if (opens_footer(folded_[i]) || is_list_footer(i, end)) {
        mark(rule_above(i, begin), end, LineOwner::kNotice);
        end = i;
      }
    }
    mark_disclaimers(begin, end);
    while (end > begin && (!own(end - 1) || folded_[end - 1].empty())) --end;
    for (size_t i = begin; i < end; ++i) {
      if (is_separator(i, end)) return mark(i, end, LineOwner::kSignature);
    }
    mark_contacts(begin, end);
  }

  // Where nothing but a signature can begin.
  bool is_separator(size_t i, size_t end) const {
    if (lines_[i] == "-- ") return true;
    const std::string& line = folded_[i];
    if (line != "--" && line != "—" && line != "\\--" && !is_rule(line)) return false;
    const size_t rest = end - i - 1;
    if (rest == 0 || rest > kMaxSignatureLines || !are_short(i + 1, end)) return false;
    return line == "--" || line == "\\--" || has_contact(i + 1, end);
  }

  static bool is_rule(std::string_view line) {
    return line.size() >= 3 && line.find_first_not_of("-_=~ ") == std::string_view::npos;
  }

  bool has_contact(size_t begin, size_t end) const {
    return std::any_of(folded_.begin() + static_cast<long>(begin),
                       folded_.begin() + static_cast<long>(end), is_contact);
  }

  // Lines of a card, not sentences.
  bool are_short(size_t begin, size_t end) const {
    for (size_t i = begin; i < end; ++i) {
      const std::string& line = folded_[i];
      if (line.size() > kMaxSignatureLineBytes || is_postscript(line)) return false;
    }
    return true;
  }

  bool are_card_lines(size_t begin, size_t end) const {
    for (size_t i = begin; i < end; ++i) {
      const std::string& line = folded_[i];
      const bool sentence = (line.ends_with('.') || line.ends_with('?') || line.ends_with('!')) &&
                            words(line).size() > 6 && !is_contact(line);
      if (sentence) return false;
    }
    return are_short(begin, end);
  }

  // "Ada", "Ada Lovelace", "Dr. Ada Lovelace, PhD".
  bool is_name(size_t i) const {
    if (author_.empty() || folded_[i].size() > 60 || is_contact(folded_[i])) return false;
    const std::vector<std::string> found = words_of(folded_[i]);
    if (found.size() == 1) return found[0] == author_[0] || found[0] == author_.back();
    const auto has = [&](const std::string& word) {
      return std::find(found.begin(), found.end(), word) != found.end();
    };
    return found.size() <= author_.size() + 2 && has(author_[0]) && has(author_.back());
  }

  void mark_contacts(size_t begin, size_t end) {
    size_t first = end, lines = 0;
    while (first > begin && lines < kMaxSignatureLines) lines += !folded_[--first].empty();
    for (size_t i = first; i + 1 < end; ++i) {
      if (is_name(i) && has_contact(i + 1, end) && are_card_lines(i + 1, end)) {
        return mark(i + 1, end, LineOwner::kSignature);
      }
    }
  }

  // Mailman's: a rule, "NAME mailing list", the list's address and page.
  bool is_list_footer(size_t i, size_t end) const {
    if (!is_rule(folded_[i]) || folded_[i].size() < 20) return false;
    const size_t next = std::min(end, i + 4);
    for (size_t k = i + 1; k < next; ++k) {
      if (folded_[k].find("mailing list") != std::string::npos ||
          folded_[k].find("mailingliste") != std::string::npos ||
          folded_[k].find("unsubscribe") != std::string::npos ||
          folded_[k].find("mailman/listinfo") != std::string::npos) {
        return true;
      }
    }
    return false;
  }

  size_t rule_above(size_t i, size_t begin) const {
    if (i > begin && (is_rule(folded_[i - 1]) || folded_[i - 1] == "--")) return i - 1;
    return i;
  }

  void mark_disclaimers(size_t begin, size_t end) {
    for (size_t i = begin; i < end;) {
      size_t stop = i;
      std::string paragraph;
      while (stop < end && !folded_[stop].empty()) paragraph += folded_[stop++] + ' ';
      if (is_disclaimer(paragraph)) mark(rule_above(i, begin), stop, LineOwner::kNotice);
      i = std::max(stop, i + 1);
    }
  }

  std::span<const std::string_view> lines_;
  std::vector<std::string> author_;  // words of the name, folded
  std::vector<LineOwner>& owners_;
  std::vector<std::string> folded_;
};

}  // namespace

void mark_signature(std::span<const std::string_view> lines, std::string_view author,
                    std::vector<LineOwner>& owners) {
  TWIN_CHECK(lines.size() == owners.size());
  SignatureMarker(lines, author, owners).run();
}

}  // namespace twin
