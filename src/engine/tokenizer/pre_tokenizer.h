#pragma once

#include <functional>
#include <memory>
#include <string_view>

namespace twin {

// Cuts text into the pieces that BPE never merges across: GPT-2's pattern (contractions, words with
// their leading space, numbers, punctuation, white space). The pieces are views that cover the
// text. Which characters are letters or numbers is for PCRE2's Unicode tables to say. A byte that
// is not part of valid UTF-8 is a piece of its own. Thread-safe.
class PreTokenizer {
 public:
  PreTokenizer();
  ~PreTokenizer();
  void for_each(std::string_view text, const std::function<void(std::string_view)>& piece) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace twin
