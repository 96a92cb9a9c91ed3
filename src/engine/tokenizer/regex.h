#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace twin {

// A regular expression of a tokenizer file, in the syntax its package uses (Oniguruma as the
// package `tokenizers` sets it up, or tiktoken's), run by PCRE2 with its JIT. Thread-safe.
class Regex {
 public:
  enum class Syntax { kOniguruma, kTiktoken };
  // Errors: kBadInput naming `where` and the expression, for what PCRE2 has no form for or would
  // read otherwise.
  Regex(std::string_view expression, std::string_view where, Syntax syntax = Syntax::kOniguruma);
  static Regex literal(std::string_view text);
  ~Regex();
  Regex(Regex&&) noexcept;

  // Non-empty matches from left to right as [begin, end). Requires valid UTF-8. Errors: kBadInput
  // where a match takes more than a million steps back.
  void for_each_match(std::string_view text,
                      const std::function<void(size_t begin, size_t end)>& match) const;
  std::string replace_all(std::string_view text, std::string_view replacement) const;

 private:
  struct Impl;
  explicit Regex(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace twin
