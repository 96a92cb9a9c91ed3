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

// "don't", "isn't it?" and "(word)," are words; "a.b", "x=1", "C:\\x", "#7" and "doThis" are not.
bool is_plain_word(std::string_view token) {
  bool lower_before = false, mark_before = false;
  bool letter = false;
  for (size_t i = 0; i < token.size();) {
    const CodePoint c = code_point_at(token, i);
    i += c.bytes;
    if (c.value < 0x80 &&
        std::string_view("0123456789@/\\_{}<>=;#$%^|~+`").find(static_cast<char>(c.value)) !=
            std::string_view::npos) {
      return false;
    }
    const bool is_a_letter = is_letter(c.value);
    if (is_a_letter && lower_before && is_upper(c.value)) return false;
    if (is_a_letter && letter && mark_before) return false;
    mark_before = c.value == '.' || c.value == ':' || c.value == '(';
    lower_before = is_a_letter && !is_upper(c.value);
    letter = letter || is_a_letter;
  }
  return letter;
}

// A text without what is of no language or of any: names (words with a capital within a sentence),
// code, addresses, numbers.
std::string running_text(std::string_view plain) {
  std::string running;
  bool begins = true;  // a sentence
  for (size_t at = 0; at < plain.size();) {
    size_t end = std::min(plain.find_first_of(" \t\r\n", at), plain.size());
    const std::string_view token = plain.substr(at, end - at);
    at = end + 1;
    if (token.empty() || !is_plain_word(token)) continue;
    const std::vector<ByteRange> found = words(token);
    if (found.empty()) continue;
    const bool capital = is_upper(code_point_at(token, found[0].begin).value);
    if (!capital || begins || slice(token, found[0]) == "I") {
      running += token;
      running += ' ';
    }
    begins = std::string_view(".!?").find(token.back()) != std::string_view::npos;
  }
  return running;
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
    const std::string running = running_text(plain_text(slice(text, blocks[i].range)));
    if (!is_long_enough(running)) continue;
    const LanguageVerdict verdict = is_in_language(running, language);
    if (verdict == LanguageVerdict::kUnknown) continue;
    judged[i] = true;
    foreign[i] = verdict == LanguageVerdict::kNo;
    (foreign[i] ? foreign_bytes : own_bytes) += running.size();
  }
  if (foreign_bytes > 2 * own_bytes) {
    for (size_t i = 0; i < blocks.size(); ++i) {
      if (is_text(blocks[i].kind) && !judged[i]) foreign[i] = true;
    }
  }
  return foreign;
}

}  // namespace twin
