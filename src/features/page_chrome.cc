#include "features/page_chrome.h"

#include <algorithm>
#include <string>

#include "features/boilerplate.h"
#include "text/unicode.h"

namespace twin {
namespace {

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// Lines of a block without list marks, quote marks and heading marks.
std::vector<std::string_view> bare_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = trimmed(text.substr(0, end));
    const size_t digits = line.find_first_not_of("0123456789");
    if (digits != std::string_view::npos && digits > 0 && line.substr(digits, 2) == ". ") {
      line = trimmed(line.substr(digits + 2));
    }
    while (!line.empty() && (line[0] == '*' || line[0] == '-' || line[0] == '#')) {
      if (line.size() > 1 && line[1] != ' ' && line[1] != '#') break;
      line = trimmed(line.substr(1));
    }
    if (!line.empty()) lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// Prose, as against a heading, a byline or a button: a sentence of some length.
bool is_sentence(std::string_view text) {
  if (text.find("。") != std::string_view::npos) return true;
  return words(text).size() >= 8 && text.find_first_of(".!?:") != std::string_view::npos;
}

// An icon font's "__" that nothing closes.
bool has_icon(std::string_view line) {
  size_t marks = 0;
  for (size_t at = line.find("__"); at != std::string_view::npos; at = line.find("__", at + 2)) {
    ++marks;
  }
  return marks % 2 == 1;
}

// Short items, none of them a sentence.
bool has_short_items(std::string_view list) {
  const std::vector<std::string_view> lines = bare_lines(list);
  return std::all_of(lines.begin(), lines.end(), [](std::string_view line) {
    return words(line).size() <= 7 && std::string_view(".!?").find(line.back()) == line.npos;
  });
}

bool has_icons(std::string_view list) {
  const std::vector<std::string_view> lines = bare_lines(list);
  return std::any_of(lines.begin(), lines.end(), has_icon);
}

// A person's name or what joins two of them in a byline.
bool looks_like_name(std::string_view text) {
  text = trimmed(text);
  if (text.find_first_of("\n.!?:") != std::string_view::npos) return false;
  const std::vector<ByteRange> found = words(text);
  if (found.empty() || slice(text, found[0]) == "and") return found.size() <= 1;
  return found.size() <= 3 && is_upper(code_point_at(text, found[0].begin).value);
}

class Page {
 public:
  Page(const RawDocument& document, const std::vector<Block>& blocks)
      : document_(document),
        text_(document.verbatim),
        blocks_(blocks),
        author_(fold(document.author_full_name)),
        chrome_(blocks.size(), false) {
    find_body();
  }

  std::vector<RemovalReason> run() {
    for (size_t i = 0; i < footer_; ++i) chrome_[i] = is_chrome(i);
    for (size_t i = 0; i < blocks_.size(); ++i) {
      if (blocks_[i].kind != BlockKind::kParagraph) continue;
      if (i < first_sentence_ && is_lone_date(trimmed(text_of(i)))) mark_names_above(i);
      if (fold(trimmed(text_of(i))) == "read full story") mark_card_above(i);
    }
    std::vector<RemovalReason> reasons(blocks_.size(), RemovalReason::kComment);
    for (size_t i = 0; i < footer_; ++i) {
      reasons[i] = chrome_[i] ? RemovalReason::kNavigation : RemovalReason::kNone;
    }
    return reasons;
  }

 private:
  std::string_view text_of(size_t i) const { return slice(text_, blocks_[i].range); }
  bool is_heading(size_t i) const {
    return i < blocks_.size() && blocks_[i].kind == BlockKind::kHeading;
  }
  // The block above that is not blank; blocks_.size() if there is none.
  size_t before(size_t i) const {
    while (i-- > 0) {
      if (blocks_[i].kind != BlockKind::kBlank) return i;
    }
    return blocks_.size();
  }

  // Where the page's own words end and where they begin again.
  void find_body() {
    size_t first_sentence = 0;
    while (first_sentence < blocks_.size() && !begins_prose(first_sentence)) ++first_sentence;
    first_sentence_ = first_sentence;
    for (size_t i = 0; i < first_sentence; ++i) {
      if (is_heading(i) && blocks_[i].heading_level == 1 && !is_site_heading(i)) {
        title_ = i;
        break;
      }
    }
    footer_ = first_sentence;
    while (footer_ < blocks_.size() && !opens_comments(footer_)) ++footer_;
  }

  // The heading of a discussion: "12 Comments", "Leave a reply". "Comments" alone may be a section
  // of the article, unless what follows it was answered, signed or dated.
  bool opens_comments(size_t i) const {
    if (!is_heading(i)) return false;
    const std::string heading = fold(trimmed(blocks_[i].heading_text));
    if (heading == "discussion about this post" || heading == "leave a reply" ||
        heading == "leave a comment" || heading == "join the conversation") {
      return true;
    }
    const std::vector<ByteRange> found = words(heading);
    if (found.empty() || found.size() > 12) return false;
    const auto is_noun = [](std::string_view word) {
      return word == "comments" || word == "comment" || word == "responses" || word == "response" ||
             word == "replies" || word == "thoughts" || word == "kommentare" ||
             word == "commentaires" || word == "comentarios";
    };
    const auto word = [&](size_t k) { return slice(std::string_view(heading), found[k]); };
    const bool counted = word(0).find_first_not_of("0123456789") == std::string_view::npos;
    if (counted && found.size() > 1 && is_noun(word(1))) {
      return found.size() == 2 || word(2) == "on" || word(2) == "to";
    }
    if (found.size() > 1 || !is_noun(word(0))) return false;
    for (size_t k = i + 1; k < blocks_.size(); ++k) {
      const std::string line = fold(trimmed(text_of(k).substr(0, 200)));
      const bool answered = line == "reply" || line.find("says:") != std::string::npos ||
                            line.ends_with(" ago") || is_lone_date(trimmed(text_of(k)));
      if (answered) return true;
    }
    return false;
  }

  // A paragraph directly below a heading is the rest of it: extractors wrap long lines.
  bool begins_prose(size_t i) const {
    return blocks_[i].kind == BlockKind::kParagraph && !(i > 0 && is_heading(i - 1)) &&
           is_sentence(text_of(i)) && !is_boilerplate_line(text_of(i));
  }

  // A heading without words, or one that is the author's name: the site's title.
  bool is_site_heading(size_t i) const {
    const std::string heading = fold(trimmed(blocks_[i].heading_text));
    return heading.empty() || heading == author_;
  }

  // Asked in order: what a block follows is decided before it.
  bool is_chrome(size_t i) const {
    switch (blocks_[i].kind) {
      case BlockKind::kHeading:
        return i < title_ || is_site_heading(i) || follows_share_prompt(i) ||
               (i < first_sentence_ && is_boilerplate_line(blocks_[i].heading_text));
      case BlockKind::kParagraph:
        return (i < title_ && !begins_prose(i)) || is_boilerplate(text_of(i)) ||
               is_byline(text_of(i)) || trimmed(text_of(i)) == document_.platform ||
               goes_on_from_chrome(i);
      case BlockKind::kList:
        return is_boilerplate(text_of(i)) || (i < first_sentence_ && has_short_items(text_of(i)) &&
                                              (i < title_ || has_icons(text_of(i))));
      case BlockKind::kTable:
      case BlockKind::kHtml:
        return is_boilerplate(text_of(i));
      default:
        return false;
    }
  }

  static bool is_boilerplate(std::string_view text) {
    const std::vector<std::string_view> lines = bare_lines(text);
    return std::all_of(lines.begin(), lines.end(), is_boilerplate_line) ||
           is_boilerplate_line(trimmed(text));
  }

  // "#### Title" after "Share this post" is the platform's card of the article.
  bool follows_share_prompt(size_t i) const {
    const size_t previous = before(i);
    return previous < blocks_.size() && fold(trimmed(text_of(previous))) == "share this post";
  }

  // The rest of a heading that an extractor wrapped.
  bool goes_on_from_chrome(size_t i) const { return i > 0 && is_heading(i - 1) && chrome_[i - 1]; }

  bool is_byline(std::string_view text) const {
    const std::string line = fold(trimmed(text));
    if (author_.empty() || !line.starts_with(author_)) return false;
    if (line.size() > author_.size() && line[author_.size()] != ' ' &&
        line[author_.size()] != '\n') {
      return false;
    }
    // "Paul Iusztin and Ana Somebody", a column of names: no verb, no stop, few words.
    return words(line).size() <= 8 && line.find_first_of(".!?:,") == std::string::npos;
  }

  // Names, and what the page puts between them, above the block `i`. Returns the block above those.
  size_t mark_names_above(size_t i) {
    constexpr int kMostLines = 16;
    i = before(i);
    for (int line = 0; line < kMostLines && i < blocks_.size(); ++line, i = before(i)) {
      const bool passes =
          blocks_[i].kind == BlockKind::kParagraph && (chrome_[i] || looks_like_name(text_of(i)));
      if (!passes) break;
      chrome_[i] = true;
    }
    return i;
  }

  // The platform's card of another article: its title, names, a date, "Read full story".
  void mark_card_above(size_t i) {
    size_t title = mark_names_above(i);
    if (title == blocks_.size()) return;
    const bool is_wrapped =
        blocks_[title].kind == BlockKind::kParagraph && title > 0 && is_heading(title - 1);
    if (is_wrapped) chrome_[title--] = true;
    if (is_heading(title)) chrome_[title] = true;
  }

  const RawDocument& document_;
  std::string_view text_;
  const std::vector<Block>& blocks_;
  std::string author_;  // folded
  std::vector<bool> chrome_;
  size_t title_ = 0;  // what stands before it is the site's
  size_t first_sentence_ = 0;
  size_t footer_ = 0;  // where the readers' discussion begins
};

}  // namespace

std::vector<RemovalReason> page_chrome(const RawDocument& document,
                                       const std::vector<Block>& blocks) {
  const bool read_off_a_site =
      document.media_type.find("json") != std::string::npos || document.media_type == "text/html";
  if (!read_off_a_site) return std::vector<RemovalReason>(blocks.size(), RemovalReason::kNone);
  return Page(document, blocks).run();
}

}  // namespace twin
