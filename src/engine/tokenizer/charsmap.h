#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace twin {

// SentencePiece's precompiled_charsmap: what each character or sequence becomes. A Darts double
// array whose values are offsets of NUL-ended strings. Source: github.com/google/sentencepiece,
// src/normalizer.cc; github.com/s-yata/darts-clone. Immutable, thread-safe.
class Charsmap {
 public:
  // Hostile input. Errors: kBadInput naming `where`.
  Charsmap(std::string_view bytes, std::string_view where);

  struct Match {
    size_t length = 0;  // bytes of the text
    std::string_view replacement;
  };
  // The longest, or the shortest, entry that begins `text`.
  std::optional<Match> longest(std::string_view text) const { return find(text, false); }
  std::optional<Match> shortest(std::string_view text) const { return find(text, true); }

 private:
  std::optional<Match> find(std::string_view text, bool first) const;
  std::vector<uint32_t> units_;
  std::string strings_;
};

}  // namespace twin
