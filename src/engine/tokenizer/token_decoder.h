#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace twin {

// Turns the texts of tokens back into text, in steps that each take and give a list of texts, to be
// put together at the end. Immutable, thread-safe.
class TokenDecoder {
 public:
  virtual ~TokenDecoder() = default;
  virtual std::vector<std::string> decode(std::vector<std::string> tokens) const = 0;
};

// A decoder of a tokenizer.json; null: tokens with spaces between. Errors: kBadInput naming `where`
// and the part that is not supported.
std::unique_ptr<TokenDecoder> make_token_decoder(const Json& json, std::string_view where);

}  // namespace twin
