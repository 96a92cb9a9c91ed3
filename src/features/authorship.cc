#include "features/authorship.h"

#include <algorithm>
#include <array>

#include "features/names.h"
#include "features/press_release.h"
#include "text/unicode.h"

namespace twin {
namespace {

// A note on who wrote it stands among the first blocks and is short.
constexpr size_t kMostBlocks = 6;
constexpr size_t kMostWords = 60;

constexpr std::array<std::string_view, 12> kGuestNotes = {
    "guest post by ",         "guest post from ",      "guest blog post by ",
    "guest article by ",      "guest column by ",      "guest author: ",
    "guest contribution by ", "guest blogger ",        "gastbeitrag von ",
    "article invité de ",     "artículo invitado de ", "this post was written by "};
constexpr std::array<std::string_view, 9> kCoAuthorNotes = {
    "co-authored with ", "co-authored by ",        "coauthored with ",
    "coauthored by ",    "co-written with ",       "co-written by ",
    "cowritten with ",   "written together with ", "jointly written with "};

// The name that stands at the beginning of `text`: words with a capital, and what joins them.
std::string name_at(std::string_view text) {
  size_t end = 0;
  for (const ByteRange& range : words(text)) {
    const std::string_view between = text.substr(end, range.begin - end);
    const bool joins = between.find_first_not_of(" ._*[&,") == std::string_view::npos &&
                       (between.find(',') == std::string_view::npos);
    const bool capital = is_upper(code_point_at(text, range.begin).value);
    if (!joins || !capital) break;
    end = range.end;
  }
  return std::string(text.substr(0, end));
}

// The document's author, by whatever name.
class OwnNames {
 public:
  OwnNames(const RawDocument& document, const std::vector<std::string>& aliases)
      : author_(document.author_full_name), aliases_(aliases) {}

  bool contain(std::string_view name) const {
    return same_person(name, author_) ||
           std::any_of(aliases_.begin(), aliases_.end(),
                       [&](const std::string& alias) { return same_person(name, alias); });
  }

 private:
  const std::string& author_;
  const std::vector<std::string>& aliases_;
};

// What the note's name says of the document. A name that is the author's, or none, says nothing.
template <size_t N>
bool names_another(std::string_view text, const std::array<std::string_view, N>& notes,
                   const OwnNames& own) {
  const std::string lowered = lower(text);  // of the same length but for rare letters
  if (lowered.size() != text.size()) return false;
  for (const std::string_view note : notes) {
    const size_t at = lowered.find(note);
    if (at == std::string::npos) continue;
    const std::string name = name_at(text.substr(at + note.size()));
    if (name_words(name).size() >= 2 && !own.contain(name)) return true;
  }
  return false;
}

RemovalReason by_notes(const RawDocument& document, const std::vector<Block>& blocks,
                       const OwnNames& own) {
  size_t seen = 0;
  for (const Block& block : blocks) {
    if (block.kind == BlockKind::kFrontMatter || block.kind == BlockKind::kBlank) continue;
    if (++seen > kMostBlocks) break;
    if (block.kind == BlockKind::kCode || block.range.size() > 1000) continue;
    const std::string text = plain_text(slice(document.verbatim, block.range));
    if (words(text).size() > kMostWords) continue;
    if (names_another(text, kGuestNotes, own)) return RemovalReason::kOtherAuthor;
    if (names_another(text, kCoAuthorNotes, own)) return RemovalReason::kCoAuthor;
  }
  return RemovalReason::kNone;
}

RemovalReason by_bylines(const RawDocument& document, const OwnNames& own) {
  bool author = false, others = false;
  for (const std::string& byline : document.bylines) {
    for (const std::string& person : persons_of(byline)) {
      if (own.contain(person)) {
        author = true;
      } else if (name_words(person).size() > 1) {
        others = true;
      }
    }
  }
  if (!others) return RemovalReason::kNone;
  return author ? RemovalReason::kCoAuthor : RemovalReason::kOtherAuthor;
}

}  // namespace

RemovalReason authorship(const RawDocument& document, const std::vector<Block>& blocks,
                         const std::vector<std::string>& aliases) {
  const OwnNames own(document, aliases);
  if (const RemovalReason reason = by_bylines(document, own); reason != RemovalReason::kNone) {
    return reason;
  }
  if (const RemovalReason reason = by_notes(document, blocks, own);
      reason != RemovalReason::kNone) {
    return reason;
  }
  return is_press_release(document, blocks) ? RemovalReason::kPressRelease : RemovalReason::kNone;
}

}  // namespace twin
