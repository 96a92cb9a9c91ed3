#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"

namespace twin {

// Changes a text before it is cut and tokenized. Immutable, thread-safe.
class Normalizer {
 public:
  virtual ~Normalizer() = default;
  // Requires valid UTF-8; so is what it gives.
  virtual std::string normalize(std::string_view text) const = 0;
};

// A normalizer of a tokenizer.json; null: none. Errors: kBadInput naming `where` and the part that
// is not supported.
std::unique_ptr<Normalizer> make_normalizer(const Json& json, std::string_view where);

}  // namespace twin
