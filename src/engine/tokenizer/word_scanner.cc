#include "engine/tokenizer/word_scanner.h"

#include "engine/tokenizer/unicode_classes.h"
#include "engine/tokenizer/utf8.h"

namespace twin {
namespace {

// Sources: github.com/openai/gpt-2, encoder.py; the tokenizer.json of Llama 3 and of Qwen2;
// github.com/openai/tiktoken, openai_public.py.
constexpr std::string_view kExpressions[] = {
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)",
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
    R"('(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s)"};

constexpr uint8_t kWordClasses = kLetterClass | kNumberClass | kSpaceClass;

// The text between two ends, and runs of classes in it.
class Scanner {
 public:
  Scanner(const CharacterClasses& classes, std::string_view text)
      : classes_(classes), end_(text.data() + text.size()) {}

  // The classes of the character at p, and where the next one is.
  uint8_t class_at(const char* p, const char*& next) const {
    if (static_cast<signed char>(*p) >= 0) {
      next = p + 1;
      return classes_.of[static_cast<unsigned char>(*p)];
    }
    next = p + character_length(*p);
    return classes_.of[character_at(p)];
  }

  // Past the characters that have one of the classes `wanted`; no more than `most` of them.
  const char* run_of(uint8_t wanted, const char* p, size_t most = SIZE_MAX) const {
    const char* next = p;
    while (p < end_ && most-- > 0 && (class_at(p, next) & wanted) != 0) p = next;
    return p;
  }
  // Past what is neither letter, number nor space.
  const char* run_of_others(const char* p) const {
    const char* next = p;
    while (p < end_ && (class_at(p, next) & kWordClasses) == 0) p = next;
    return p;
  }
  const char* run_of_line_ends(const char* p) const {
    while (p < end_ && (*p == '\r' || *p == '\n')) ++p;
    return p;
  }

  // After 's 't 're 've 'm 'll 'd, or p. `fold` makes it blind to case, as Unicode folds it: the
  // long s is an s.
  const char* contraction(const char* p, bool fold) const {
    if (*p != '\'') return p;
    const auto letter = [&](size_t i) -> char {
      if (static_cast<size_t>(end_ - p) <= i) return 0;
      const char c = p[i];
      return fold && c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    };
    switch (letter(1)) {
      case 's':
      case 't':
      case 'm':
      case 'd':
        return p + 2;
      case 'r':
      case 'v':
        return letter(2) == 'e' ? p + 3 : p;
      case 'l':
        return letter(2) == 'l' ? p + 3 : p;
      case '\xc5':
        return fold && end_ - p > 2 && p[2] == '\xbf' ? p + 3 : p;
      default:
        return p;
    }
  }

  // \s+(?!\S)|\s+ at a space: the run, but its last character where something follows.
  const char* spaces(const char* p) const {
    const char *last = p, *at = p, *next = p;
    while (at < end_ && (class_at(at, next) & kSpaceClass) != 0) {
      last = at;
      at = next;
    }
    return at == end_ || last == p ? at : last;
  }

  // \s*[\r\n]+ at a space: past the last line end of the run, or p.
  const char* lines(const char* p) const {
    const char *found = p, *next = p;
    for (const char* at = p; at < end_ && (class_at(at, next) & kSpaceClass) != 0; at = next) {
      if (*at == '\r' || *at == '\n') found = next;
    }
    return found;
  }

  const char* gpt2_word(const char* p) const {
    if (const char* end = contraction(p, false); end != p) return end;
    const char* next = p;
    uint8_t first = class_at(p, next);
    const char* body = p;
    if (*p == ' ' && next < end_) {
      body = next;
      first = class_at(body, next);
    }
    if ((first & kLetterClass) != 0) return run_of(kLetterClass, next);
    if ((first & kNumberClass) != 0) return run_of(kNumberClass, next);
    if ((first & kSpaceClass) == 0) return run_of_others(next);
    return spaces(p);
  }

  const char* llama_word(const char* p, size_t most_digits, bool whole_end) const {
    if (const char* end = contraction(p, true); end != p) return end;
    const char* next = p;
    const uint8_t first = class_at(p, next);
    if ((first & kLetterClass) != 0) return run_of(kLetterClass, next);
    if ((first & kNumberClass) != 0) return run_of(kNumberClass, next, most_digits - 1);
    if (*p != '\r' && *p != '\n') {
      if (const char* end = run_of(kLetterClass, next); end != next) return end;
    }
    if ((first & kSpaceClass) == 0) return run_of_line_ends(run_of_others(next));
    if (*p == ' ') {
      if (const char* end = run_of_others(next); end != next) return run_of_line_ends(end);
    }
    if (whole_end && run_of(kSpaceClass, p) == end_) return end_;
    if (const char* end = lines(p); end != p) return end;
    return spaces(p);
  }

 private:
  const CharacterClasses& classes_;
  const char* end_;
};

template <class NextWord>
void scan(std::string_view text, PieceSink sink, const NextWord& next_word) {
  const char* p = text.data();
  const char* const end = p + text.size();
  while (p < end) {
    const char* next = next_word(p);
    sink({p, static_cast<size_t>(next - p)});
    p = next;
  }
}

}  // namespace

void scan_words(WordPattern pattern, std::string_view text, PieceSink sink) {
  const Scanner scanner(character_classes(), text);
  switch (pattern) {
    case WordPattern::kGpt2:
      return scan(text, sink, [&](const char* p) { return scanner.gpt2_word(p); });
    case WordPattern::kLlama3:
      return scan(text, sink, [&](const char* p) { return scanner.llama_word(p, 3, false); });
    case WordPattern::kQwen2:
      return scan(text, sink, [&](const char* p) { return scanner.llama_word(p, 1, false); });
    case WordPattern::kCl100k:
      return scan(text, sink, [&](const char* p) { return scanner.llama_word(p, 3, true); });
  }
}

std::string_view regular_expression(WordPattern pattern) {
  return kExpressions[static_cast<size_t>(pattern)];
}

std::optional<WordPattern> known_word_pattern(std::string_view regular_expression) {
  for (size_t i = 0; i < std::size(kExpressions); ++i) {
    if (regular_expression == kExpressions[i]) return static_cast<WordPattern>(i);
  }
  return std::nullopt;
}

void scan_words_of_bytes(WordPattern pattern, std::string_view bytes, PieceSink sink) {
  while (!bytes.empty()) {
    const size_t valid = valid_prefix(bytes);
    scan_words(pattern, bytes.substr(0, valid), sink);
    bytes.remove_prefix(valid);
    if (bytes.empty()) return;
    sink(bytes.substr(0, 1));
    bytes.remove_prefix(1);
  }
}

}  // namespace twin
