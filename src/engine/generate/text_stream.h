#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/tokenizer.h"

namespace twin {

// Token ids as text, piece by piece. What it lets out is final: whole UTF-8 characters, and nothing
// that may yet turn out to be the beginning of a stop string. The pieces put together are
// tokenizer.decode(ids), up to the first stop string. One thread at a time.
class TextStream {
 public:
  // The tokenizer outlives the stream. Stop strings are not empty.
  TextStream(const Tokenizer& tokenizer, std::vector<std::string> stop_strings);

  // Takes the next token and returns the text that has become final, often nothing. The view is
  // valid until the next call. Nothing more comes after a stop.
  std::string_view push(int32_t id);
  // No more tokens come: what was held back.
  std::string_view finish();
  // Whether a stop string was found: the text ends before it.
  bool stopped() const { return stopped_; }
  // All text so far, with what is held back.
  const std::string& text() const { return text_; }

 private:
  std::string_view let_out(size_t end);
  size_t safe_end() const;

  const Tokenizer& tokenizer_;
  std::vector<std::string> stop_strings_;
  // A token's text may depend on the tokens right before it: each is decoded behind the last few.
  std::vector<int32_t> window_;
  size_t context_bytes_ = 0;  // of what the window decodes to, that the text has already
  size_t before_window_ = 0;  // bytes of the text before the rest of the window's
  std::string text_;
  size_t told_ = 0;
  bool stopped_ = false;
};

// How many bytes of `text` are whole UTF-8 characters; a torn one at the end waits for the rest.
size_t whole_characters(std::string_view text);

}  // namespace twin
