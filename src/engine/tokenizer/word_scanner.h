#pragma once

#include <optional>
#include <string_view>

#include "engine/tokenizer/piece_sink.h"

namespace twin {

// The word patterns that most published byte-level models cut text with, as hand-written scanners:
// the same pieces as the regular expression gives, several times as fast.
enum class WordPattern {
  kGpt2,    // GPT-2, SmolLM2 (after its digits), Falcon, ...
  kLlama3,  // Llama 3: case-blind contractions, three digits, line ends
  kQwen2,   // Qwen2, 2.5, 3: the same with one digit
  kCl100k,  // tiktoken's cl100k_base: as Llama 3, but white space that ends the text is one piece
};

// Cuts valid UTF-8 into pieces that cover it.
void scan_words(WordPattern pattern, std::string_view text, PieceSink sink);

// The regular expression as published, and which of them a published one is.
std::string_view regular_expression(WordPattern pattern);
std::optional<WordPattern> known_word_pattern(std::string_view regular_expression);

// The same for any bytes: a byte that is not part of valid UTF-8 is a piece of its own.
void scan_words_of_bytes(WordPattern pattern, std::string_view bytes, PieceSink sink);

}  // namespace twin
