#pragma once

#include "engine/chat/runtime.h"

namespace twin::chat {

// left SIGN right for + - * / // % **, with Python's rules. Errors: Failure: types that do not fit,
// division by zero, integers beyond 64 bits.
Value arithmetic(Runtime& runtime, std::string_view sign, const Value& left, const Value& right);
Value negated(const Value& value);
Value plus(const Value& value);
// left SIGN right for == != < <= > >= in "not in".
bool comparison(Runtime& runtime, std::string_view sign, const Value& left, const Value& right);
bool contains(Runtime& runtime, const Value& container, const Value& item);

// value[start:stop:step]; each bound may be null.
Value slice(Runtime& runtime, const Value& value, const Value* start, const Value* stop,
            const Value* step);

// `template % values` and template.format(...). Errors: Failure.
TrackedText percent_format(Runtime& runtime, const TrackedText& format, const Value& values);
TrackedText brace_format(Runtime& runtime, const TrackedText& format, const Arguments& arguments);

// text repeated; bounded by the budget.
TrackedText repeat(Runtime& runtime, const TrackedText& text, int64_t count);

}  // namespace twin::chat
