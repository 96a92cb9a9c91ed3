#include "text/ngrams.h"

#include <string>

#include "text/unicode.h"

namespace twin {
namespace {

uint64_t hash_word(std::string_view word) {
  uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (char c : word) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

}  // namespace

WordNgrams word_ngrams(std::string_view text, size_t n) {
  WordNgrams result;
  result.words = words(text);
  if (n == 0 || result.words.size() < n) return result;
  std::vector<uint64_t> hashes;
  hashes.reserve(result.words.size());
  for (const ByteRange& range : result.words) hashes.push_back(hash_word(fold(slice(text, range))));
  for (size_t i = 0; i + n <= hashes.size(); ++i) {
    uint64_t combined = 0;
    for (size_t j = 0; j < n; ++j) {
      combined = (combined ^ hashes[i + j]) * 0x9e3779b97f4a7c15;
      combined ^= combined >> 32;
    }
    result.hashes.push_back(combined);
  }
  return result;
}

}  // namespace twin
