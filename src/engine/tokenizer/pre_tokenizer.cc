#include "engine/tokenizer/pre_tokenizer.h"

#include <fmt/format.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <cstdint>
#include <string>

#include "base/error.h"

namespace twin {
namespace {

// Unicode's White_Space. PCRE2's own \s takes in U+180E besides, which Unicode has not counted
// since 6.3, nor do the regular expressions of the other tokenizers.
constexpr std::string_view kSpace =
    R"(\t-\r \x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000})";

// 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
// Source: github.com/openai/gpt-2, encoder.py.
std::string gpt2_pattern() {
  return fmt::format(
      R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{{L}}+| ?\p{{N}}+| ?[^{0}\p{{L}}\p{{N}}]+|[{0}]+(?![^{0}])|[{0}]+)",
      kSpace);
}

// Length of the valid UTF-8 character at `p`, or 0. Source: RFC 3629, section 4.
size_t valid_character(const unsigned char* p, size_t left) {
  const auto continues = [&](size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
    return i < left && p[i] >= low && p[i] <= high;
  };
  if (p[0] < 0x80) return 1;
  if (p[0] >= 0xc2 && p[0] <= 0xdf) return continues(1) ? 2 : 0;
  if (p[0] >= 0xe0 && p[0] <= 0xef) {
    const unsigned low = p[0] == 0xe0 ? 0xa0 : 0x80, high = p[0] == 0xed ? 0x9f : 0xbf;
    return continues(1, low, high) && continues(2) ? 3 : 0;
  }
  if (p[0] >= 0xf0 && p[0] <= 0xf4) {
    const unsigned low = p[0] == 0xf0 ? 0x90 : 0x80, high = p[0] == 0xf4 ? 0x8f : 0xbf;
    return continues(1, low, high) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

size_t valid_prefix(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    const auto* p = reinterpret_cast<const unsigned char*>(text.data()) + at;
    const size_t length = valid_character(p, text.size() - at);
    if (length == 0) break;
    at += length;
  }
  return at;
}

}  // namespace

struct PreTokenizer::Impl {
  pcre2_code* code = nullptr;
  ~Impl() { pcre2_code_free(code); }

  void cut_valid(std::string_view text, const std::function<void(std::string_view)>& piece) const {
    const std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)> match(
        pcre2_match_data_create_from_pattern(code, nullptr), pcre2_match_data_free);
    TWIN_CHECK(match != nullptr);
    size_t at = 0;
    while (at < text.size()) {
      const int found = pcre2_match(code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                                    at, PCRE2_NO_UTF_CHECK, match.get(), nullptr);
      size_t end = found > 0 ? pcre2_get_ovector_pointer(match.get())[1] : at;
      // The pattern matches every character; a matcher out of resources still loses none.
      if (end == at) end = at + valid_prefix(text.substr(at, 4));
      if (end == at) end = text.size();
      piece(text.substr(at, end - at));
      at = end;
    }
  }
};

PreTokenizer::PreTokenizer() : impl_(std::make_unique<Impl>()) {
  int error = 0;
  PCRE2_SIZE offset = 0;
  const std::string pattern = gpt2_pattern();
  // Anchored here and not at each match, where it would turn the JIT off.
  impl_->code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                              PCRE2_UTF | PCRE2_UCP | PCRE2_ANCHORED, &error, &offset, nullptr);
  TWIN_CHECK(impl_->code != nullptr);
  pcre2_jit_compile(impl_->code, PCRE2_JIT_COMPLETE);  // where there is no JIT, it is interpreted
}

PreTokenizer::~PreTokenizer() = default;

void PreTokenizer::for_each(std::string_view text,
                            const std::function<void(std::string_view)>& piece) const {
  while (!text.empty()) {
    const size_t valid = valid_prefix(text);
    impl_->cut_valid(text.substr(0, valid), piece);
    text.remove_prefix(valid);
    if (!text.empty()) {
      piece(text.substr(0, 1));
      text.remove_prefix(1);
    }
  }
}

}  // namespace twin
