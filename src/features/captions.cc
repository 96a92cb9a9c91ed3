#include "features/captions.h"

#include <algorithm>
#include <array>
#include <string>

#include "text/paragraphs.h"
#include "text/unicode.h"

namespace twin {
namespace {

constexpr size_t kMostWords = 60;

// Folded beginnings of lines below pictures.
constexpr std::array<std::string_view, 30> kBeginnings = {
    "photo by ",    "photo: ",          "photo credit", "photograph by ", "picture by ",
    "picture: ",    "image by ",        "image: ",      "image credit",   "image source",
    "image from ",  "image courtesy",   "source: ",     "credit: ",       "credits: ",
    "courtesy of ", "illustration by ", "screenshot",   "caption: ",      "photo courtesy",
    "photo from ",  "foto: ",           "foto von ",    "bild: ",         "bildquelle",
    "quelle: ",     "crédit photo",     "photo de ",    "fuente: ",       "fotografía"};
constexpr std::array<std::string_view, 9> kNumbered = {
    "figure ", "fig. ", "fig ", "table ", "abbildung ", "abb. ", "tabelle ", "figura ", "tabla "};

bool begins_numbered(std::string_view folded) {
  return std::any_of(kNumbered.begin(), kNumbered.end(), [&](std::string_view name) {
    if (!folded.starts_with(name)) return false;
    const size_t digits = folded.find_first_not_of("0123456789.-", name.size());
    return digits != name.size() && digits != std::string_view::npos &&
           std::string_view(":. )-").find(folded[digits]) != std::string_view::npos;
  });
}

bool is_emphasised(std::string_view text) {
  for (const std::string_view mark : {"***", "**", "*", "_"}) {
    if (text.size() <= 2 * mark.size() || !text.starts_with(mark) || !text.ends_with(mark))
      continue;
    return text.substr(mark.size(), text.size() - 2 * mark.size()).find(mark) == text.npos;
  }
  return false;
}

}  // namespace

bool is_only_images(std::string_view text) {
  text = slice(text, trim(text, {0, text.size()}));
  if (!text.starts_with("![") && !text.starts_with("[![")) return false;
  const std::string plain = plain_text(text);
  return text.ends_with(')') && trim(plain, {0, plain.size()}).size() == 0;
}

std::vector<bool> captions(std::string_view text, const std::vector<Block>& blocks) {
  std::vector<bool> found(blocks.size(), false);
  // What is visible before and behind each paragraph.
  size_t before = blocks.size();
  for (size_t i = 0; i < blocks.size(); ++i) {
    if (blocks[i].kind == BlockKind::kBlank) continue;
    const size_t previous = before;
    before = i;
    if (blocks[i].kind != BlockKind::kParagraph) continue;
    const std::string_view paragraph = slice(text, trim(text, blocks[i].range));
    if (words(paragraph).size() > kMostWords) continue;
    const std::string folded = fold(plain_text(paragraph.substr(0, 400)));
    size_t next = i + 1;
    while (next < blocks.size() && blocks[next].kind == BlockKind::kBlank) ++next;
    const auto is_table = [&](size_t b) {
      return b < blocks.size() && blocks[b].kind == BlockKind::kTable;
    };
    const bool below_image =
        previous < blocks.size() &&
        (blocks[previous].kind == BlockKind::kParagraph ||
         blocks[previous].kind == BlockKind::kHtml) &&
        (is_only_images(slice(text, blocks[previous].range)) || found[previous]);
    if (below_image && !is_only_images(paragraph)) {
      found[i] = is_emphasised(paragraph) || begins_numbered(folded) ||
                 std::any_of(kBeginnings.begin(), kBeginnings.end(),
                             [&](std::string_view part) { return folded.starts_with(part); });
    } else if (is_table(previous) || is_table(next)) {
      found[i] = begins_numbered(folded);
    }
  }
  return found;
}

}  // namespace twin
