#pragma once

#include "engine/chat/value.h"

namespace twin::chat {

// str(value) and repr(value) of Python, user data marked. Errors: Failure for what Python would
// show with an address (functions, generators).
TrackedText to_text(Budget& budget, const Value& value);
TrackedText to_repr(Budget& budget, const Value& value);

// Python's shortest text that reads back as the same number: "1.0", "1e+16", "nan".
std::string float_text(double value);

struct JsonStyle {
  bool ensure_ascii = false;
  std::optional<TrackedText> indent;  // one level of it
  std::optional<TrackedText> item_separator;
  std::optional<TrackedText> key_separator;
  bool sort_keys = false;
};
// json.dumps. Errors: Failure for values that JSON has no form for.
TrackedText to_json(Budget& budget, const Value& value, const JsonStyle& style = {});

}  // namespace twin::chat
