#include "features/foreign_text.h"

#include <algorithm>
#include <map>

#include "text/language.h"
#include "text/unicode.h"

namespace twin {
namespace {

constexpr size_t kMinWords = 12;
constexpr size_t kSampleBytes = 1500;

bool is_text(BlockKind kind) {
  return kind == BlockKind::kParagraph || kind == BlockKind::kList || kind == BlockKind::kTable;
}

// Scripts without spaces have few words by count.
bool is_long_enough(std::string_view text) {
  return words(text).size() >= kMinWords ||
         (text.size() >= 60 && words(text).size() * 20 < text.size());
}

}  // namespace

LanguageSample language_sample(std::string_view verbatim, const std::vector<Block>& blocks) {
  std::string sample;
  for (const Block& block : blocks) {
    if (block.kind != BlockKind::kParagraph) continue;
    sample += plain_text(slice(verbatim, block.range)) + '\n';
    if (sample.size() >= kSampleBytes) break;
  }
  if (!is_long_enough(sample)) return {};
  return {detect_language(sample), sample.size()};
}

std::string main_language(const std::vector<LanguageSample>& samples) {
  std::map<std::string, size_t> bytes;
  for (const LanguageSample& sample : samples) {
    if (!sample.language.empty()) bytes[sample.language] += sample.bytes;
  }
  const auto most = std::max_element(
      bytes.begin(), bytes.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == bytes.end() ? std::string() : most->first;
}

std::vector<bool> foreign_blocks(std::string_view text, const std::vector<Block>& blocks,
                                 std::string_view language) {
  std::vector<bool> foreign(blocks.size(), false);
  if (language.empty()) return foreign;
  size_t own_bytes = 0, foreign_bytes = 0;
  std::vector<bool> judged(blocks.size(), false);
  for (size_t i = 0; i < blocks.size(); ++i) {
    if (!is_text(blocks[i].kind)) continue;
    const std::string plain = plain_text(slice(text, blocks[i].range));
    if (!is_long_enough(plain)) continue;
    const std::string found = detect_language(plain);
    if (found.empty()) continue;
    judged[i] = true;
    foreign[i] = found != language;
    (foreign[i] ? foreign_bytes : own_bytes) += plain.size();
  }
  if (foreign_bytes > 2 * own_bytes) {
    for (size_t i = 0; i < blocks.size(); ++i) {
      if (is_text(blocks[i].kind) && !judged[i]) foreign[i] = true;
    }
  }
  return foreign;
}

}  // namespace twin
