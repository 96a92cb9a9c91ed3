#include "training/datasets/show_tokens.h"

#include <fmt/format.h>

#include "text/unicode.h"

namespace twin {
namespace {

constexpr const char* kGrey = "\x1b[90m";
constexpr const char* kUnderlined = "\x1b[4m";
constexpr const char* kReset = "\x1b[0m";

// Nothing of a sample may act on the terminal.
void append_shown(std::string& shown, const std::string& bytes) {
  const bool text = is_valid_utf8(bytes);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      shown += "\\n";
    } else if (byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !text)) {
      shown += fmt::format("\\x{:02X}", byte);
    } else {
      shown += c;
    }
  }
}

}  // namespace

std::string show_tokens(const Tokenizer& tokenizer, const TrainingSequence& sequence, bool color) {
  std::string shown;
  bool learnt_before = false;
  for (size_t i = 0; i < sequence.tokens.size(); ++i) {
    const TokenId id = sequence.tokens[i];
    std::string bytes = tokenizer.token_bytes(id);
    if (bytes.empty()) bytes = tokenizer.decode({&id, 1}, DecodeOptions{.skip_special = false});
    // The first token is given, whatever its mask says.
    const bool learnt = i > 0 && sequence.loss_mask[i] != 0;
    if (color) {
      if (!learnt) shown += kGrey;
      if (i % 2 == 1) shown += kUnderlined;
    } else {
      if (learnt_before && !learnt) shown += "]]";
      if (i > 0) shown += learnt && !learnt_before ? "[[" : "|";
    }
    append_shown(shown, bytes);
    if (color) shown += kReset;
    if (bytes.find('\n') != std::string::npos) shown += '\n';
    learnt_before = learnt;
  }
  if (!color && learnt_before) shown += "]]";
  return shown;
}

}  // namespace twin
