#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "domain/byte_range.h"

namespace twin {

// Hashes of the n-grams of folded words of a text, in order: what copying and repetition are
// measured by. words[i..i+n) gives hashes[i].
struct WordNgrams {
  std::vector<ByteRange> words;
  std::vector<uint64_t> hashes;  // words.size() - n + 1, or none
};
WordNgrams word_ngrams(std::string_view text, size_t n);

}  // namespace twin
