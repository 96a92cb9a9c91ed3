#pragma once

#include <limits>

#include "base/json.h"
#include "engine/chat/value.h"

namespace twin::chat {

// JSON as a template sees it; all text is user data. Counts what it read.
class JsonReader {
 public:
  // Errors: Failure for integers beyond 64 bits and for nesting beyond kMaxValueDepth.
  Value read(const OrderedJson& json) { return read(json, 0); }
  Value text(std::string_view text);

  size_t bytes() const { return bytes_; }
  // Without a limit: it reads its input once.
  Budget& budget() { return budget_; }

 private:
  Value read(const OrderedJson& json, size_t depth);

  size_t bytes_ = 0;
  Budget budget_{std::numeric_limits<size_t>::max()};
};

}  // namespace twin::chat
