#pragma once

#include <vector>

#include "engine/chat/runtime.h"

// Python's string operations on text that remembers where it came from; shared by methods and
// filters.
namespace twin::chat {

// Strips characters of `characters` (whitespace where null) from the ends asked for.
TrackedText strip(const TrackedText& text, const TrackedText* characters, bool left, bool right);
TrackedText replaced(Runtime& runtime, const TrackedText& text, const TrackedText& old,
                     const TrackedText& replacement, int64_t count);
TrackedText upper(const TrackedText& text);
TrackedText lower(const TrackedText& text);
TrackedText capitalized(const TrackedText& text);
// Words as str.title sees them: runs of letters.
TrackedText titled(const TrackedText& text);
// Upper case to lower case and the other way round.
TrackedText swapped(const TrackedText& text);
// Splits at `separator`, or at whitespace where it is null, at most `limit` times (-1: always),
// from the right if `from_right`. Errors: Failure where the separator is empty.
std::vector<Value> split(Runtime& runtime, const TrackedText& text, const TrackedText* separator,
                         int64_t limit, bool from_right);
std::vector<TrackedText> split_lines(Runtime& runtime, const TrackedText& text, bool keep_ends);
TrackedText join(Runtime& runtime, const TrackedText& separator,
                 const std::vector<TrackedText>& parts);
bool is_cased(const TrackedText& text, bool wants_upper);
// With & < > ' " as HTML entities; marked as markup. Markup is given back as it is.
TrackedText escaped(Runtime& runtime, const TrackedText& text);
// The text, or the texts of a list or tuple, as markup: what a method of markup gives.
Value as_markup(Value value);
// What str() of a filter's input is: text stays itself, everything else is printed.
TrackedText soft_text(Runtime& runtime, const Value& value);

}  // namespace twin::chat
