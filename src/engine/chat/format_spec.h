#pragma once

#include "engine/chat/runtime.h"

namespace twin::chat {

// How one value of a format is written: Python's mini-language and the flags of `%`.
struct FormatSpec {
  std::string fill = " ";
  char align = 0;  // '<', '>', '^', '=', or 0 for the type's own
  char sign = '-';
  bool alternate = false;
  char grouping = 0;  // ',' or '_'
  int64_t width = 0;
  int64_t precision = -1;
  char type = 0;
};

// Errors: Failure where the text is no format specification.
FormatSpec parse_format_spec(std::string_view text);

// Text, cut to the precision and padded to the width.
TrackedText format_text(Runtime& runtime, const TrackedText& text, const FormatSpec& spec);
// A number by its type: d x X o b c for ints; e E f F g G % and none for any.
TrackedText format_number(Runtime& runtime, const Value& value, const FormatSpec& spec);

}  // namespace twin::chat
