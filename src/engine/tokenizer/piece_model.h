#pragma once

#include <string_view>
#include <vector>

#include "engine/tokenizer/tokenizer.h"

namespace twin {

// Turns one piece of text into ids. The same piece always gives the same ids. Immutable,
// thread-safe.
class PieceModel {
 public:
  virtual ~PieceModel() = default;
  // Appends to `ids`. Requires a piece that is not empty, and valid UTF-8 unless the model is over
  // bytes.
  virtual void encode(std::string_view piece, std::vector<TokenId>& ids) const = 0;
};

}  // namespace twin
