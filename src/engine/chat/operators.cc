#include "engine/chat/operators.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "engine/chat/characters.h"
#include "engine/chat/printing.h"
#include "engine/chat/text_operations.h"

namespace twin::chat {
namespace {

[[noreturn]] void unsupported(std::string_view sign, const Value& left, const Value& right) {
  throw Failure(fmt::format("unsupported operand type(s) for {}: '{}' and '{}'", sign,
                            type_name(left), type_name(right)));
}

[[noreturn]] void overflow() { throw Failure("an integer beyond 64 bits"); }

Value integer_power(int64_t base, int64_t exponent) {
  if (exponent < 0) {
    if (base == 0) throw Failure("0.0 cannot be raised to a negative power");
    return std::pow(static_cast<double>(base), static_cast<double>(exponent));
  }
  int64_t result = 1;
  for (; exponent > 0; exponent >>= 1) {
    if ((exponent & 1) && __builtin_mul_overflow(result, base, &result)) overflow();
    if (exponent > 1 && __builtin_mul_overflow(base, base, &base)) overflow();
  }
  return result;
}

Value integer_arithmetic(std::string_view sign, int64_t a, int64_t b) {
  int64_t result = 0;
  if (sign == "+") {
    if (__builtin_add_overflow(a, b, &result)) overflow();
    return result;
  }
  if (sign == "-") {
    if (__builtin_sub_overflow(a, b, &result)) overflow();
    return result;
  }
  if (sign == "*") {
    if (__builtin_mul_overflow(a, b, &result)) overflow();
    return result;
  }
  if (sign == "**") return integer_power(a, b);
  if (b == 0) throw Failure("division by zero");
  if (sign == "/") return static_cast<double>(a) / static_cast<double>(b);
  if (b == -1) {
    if (sign == "%") return int64_t{0};
    if (a == std::numeric_limits<int64_t>::min()) overflow();
    return -a;
  }
  // Towards minus infinity, the remainder with the divisor's sign.
  const bool adjust = a % b != 0 && ((a % b < 0) != (b < 0));
  if (sign == "//") return a / b - (adjust ? 1 : 0);
  return a % b + (adjust ? b : 0);
}

Value real_arithmetic(std::string_view sign, double a, double b) {
  if (sign == "+") return a + b;
  if (sign == "-") return a - b;
  if (sign == "*") return a * b;
  if (sign == "**") {
    if (a == 0 && b < 0) throw Failure("0.0 cannot be raised to a negative power");
    if (a < 0 && std::isfinite(b) && b != std::floor(b)) {
      throw Failure("complex numbers are not supported");
    }
    const double power = std::pow(a, b);
    if (std::isinf(power) && std::isfinite(a) && std::isfinite(b)) {
      throw Failure("a float beyond its range");
    }
    return power;
  }
  if (b == 0) throw Failure("division by zero");
  if (sign == "/") return a / b;
  double remainder = std::fmod(a, b);
  double quotient = (a - remainder) / b;
  if (remainder != 0) {
    if ((b < 0) != (remainder < 0)) {
      remainder += b;
      quotient -= 1;
    }
  } else {
    remainder = std::copysign(0.0, b);
  }
  if (sign == "%") return remainder;
  if (quotient == 0) return std::copysign(0.0, a / b);
  const double floored = std::floor(quotient);
  return quotient - floored > 0.5 ? floored + 1 : floored;
}

Value repeated(Runtime& runtime, const Value& value, int64_t count) {
  if (value.is(Kind::kText)) {
    TrackedText result = repeat(runtime, value.text(), count);
    result.set_markup(value.text().is_markup());
    return result;
  }
  const Sequence& sequence = *value.sequence();
  std::vector<Value> items;
  for (int64_t i = 0; i < count && !sequence.items.empty(); ++i) {
    runtime.budget.spend(sequence.items.size());
    items.insert(items.end(), sequence.items.begin(), sequence.items.end());
  }
  return make_sequence(sequence.type, std::move(items));
}

bool is_list_or_tuple(const Value& value) {
  return value.is(Kind::kSequence) && value.sequence()->type <= Sequence::Type::kTuple;
}

// The byte offsets of each character, and the end.
std::vector<size_t> offsets_of(std::string_view text) {
  std::vector<size_t> offsets;
  for (size_t i = 0; i < text.size(); i += character_at(text, i).bytes) offsets.push_back(i);
  offsets.push_back(text.size());
  return offsets;
}

int64_t slice_bound(const Value* bound, int64_t size, bool backwards, int64_t otherwise) {
  if (bound == nullptr || bound->is(Kind::kNone)) return otherwise;
  if (!bound->is_integral()) throw Failure("slice indices must be integers or None");
  int64_t index = bound->integral();
  if (index < 0) index += size;
  if (index < 0) return backwards ? -1 : 0;
  if (index >= size) return backwards ? size - 1 : size;
  return index;
}

}  // namespace

TrackedText repeat(Runtime& runtime, const TrackedText& text, int64_t count) {
  TrackedText result;
  for (int64_t i = 0; i < count && !text.empty(); ++i) {
    runtime.budget.spend_bytes(text.size());
    result.append(text);
  }
  return result;
}

Value arithmetic(Runtime& runtime, std::string_view sign, const Value& left, const Value& right) {
  if (sign == "%" && left.is(Kind::kText)) return percent_format(runtime, left.text(), right);
  require_defined(left);
  require_defined(right);
  if (left.is_integral() && right.is_integral()) {
    return integer_arithmetic(sign, left.integral(), right.integral());
  }
  if (left.is_number() && right.is_number()) {
    return real_arithmetic(sign, left.number(), right.number());
  }
  if (sign == "+") {
    if (left.is(Kind::kText) && right.is(Kind::kText)) {
      runtime.budget.spend_bytes(left.bytes().size() + right.bytes().size());
      const bool markup = left.text().is_markup() || right.text().is_markup();
      TrackedText sum = markup ? escaped(runtime, left.text()) : left.text();
      sum.append(markup ? escaped(runtime, right.text()) : right.text());
      return sum;
    }
    if (is_list_or_tuple(left) && is_list_or_tuple(right) &&
        left.sequence()->type == right.sequence()->type) {
      const auto &a = left.sequence()->items, &b = right.sequence()->items;
      runtime.budget.spend(a.size() + b.size());
      std::vector<Value> items = a;
      items.insert(items.end(), b.begin(), b.end());
      return make_sequence(left.sequence()->type, std::move(items));
    }
  }
  if (sign == "*") {
    const auto repeats = [](const Value& value) {
      return value.is(Kind::kText) || is_list_or_tuple(value);
    };
    if (repeats(left) && right.is_integral()) return repeated(runtime, left, right.integral());
    if (repeats(right) && left.is_integral()) return repeated(runtime, right, left.integral());
  }
  unsupported(sign, left, right);
}

Value negated(const Value& value) {
  require_defined(value);
  if (value.is_integral()) {
    if (value.integral() == std::numeric_limits<int64_t>::min()) overflow();
    return -value.integral();
  }
  if (value.is(Kind::kReal)) return -value.number();
  throw Failure(fmt::format("bad operand type for unary -: '{}'", type_name(value)));
}

Value plus(const Value& value) {
  require_defined(value);
  if (value.is_integral()) return value.integral();
  if (value.is(Kind::kReal)) return value;
  throw Failure(fmt::format("bad operand type for unary +: '{}'", type_name(value)));
}

bool contains(Runtime& runtime, const Value& container, const Value& item) {
  if (container.is(Kind::kText)) {
    runtime.budget.spend_bytes(container.bytes().size());
    if (!item.is(Kind::kText)) {
      throw Failure(
          fmt::format("'in <string>' requires string as left operand, not {}", type_name(item)));
    }
    return container.bytes().find(item.bytes()) != std::string::npos;
  }
  if (container.is(Kind::kDict)) {
    if (!hashable(runtime.budget, item)) {
      throw Failure(fmt::format("unhashable type: '{}'", type_name(item)));
    }
    return container.dict()->find(runtime.budget, item) != nullptr;
  }
  const auto iterator = try_iterate(container);
  if (!iterator) {
    throw Failure(fmt::format("argument of type '{}' is not iterable", type_name(container)));
  }
  Value candidate;
  while (iterator->next(candidate)) {
    if (candidate.same_as(item) || equals(runtime.budget, candidate, item)) return true;
  }
  return false;
}

bool comparison(Runtime& runtime, std::string_view sign, const Value& left, const Value& right) {
  if (sign == "==") return equals(runtime.budget, left, right);
  if (sign == "!=") return !equals(runtime.budget, left, right);
  if (sign == "in") return contains(runtime, right, left);
  if (sign == "not in") return !contains(runtime, right, left);
  const auto order = compare(runtime.budget, left, right, sign);
  if (!order) return false;
  if (sign == "<") return *order < 0;
  if (sign == "<=") return *order <= 0;
  return sign == ">" ? *order > 0 : *order >= 0;
}

Value slice(Runtime& runtime, const Value& value, const Value* start, const Value* stop,
            const Value* step) {
  require_defined(value);
  const bool is_text = value.is(Kind::kText);
  if (!is_text && (!value.is(Kind::kSequence) || value.sequence()->is_view())) {
    throw Failure(fmt::format("'{}' object cannot be sliced", type_name(value)));
  }
  int64_t stride = 1;
  if (step != nullptr && !step->is(Kind::kNone)) {
    if (!step->is_integral()) throw Failure("slice indices must be integers or None");
    stride = step->integral();
  }
  if (stride == 0) throw Failure("slice step cannot be zero");
  std::vector<size_t> offsets;
  if (is_text) {
    runtime.budget.spend_bytes(value.bytes().size());
    offsets = offsets_of(value.bytes());
  }
  const auto size =
      static_cast<int64_t>(is_text ? offsets.size() - 1 : value.sequence()->items.size());
  const bool backwards = stride < 0;
  const int64_t first = slice_bound(start, size, backwards, backwards ? size - 1 : 0);
  const int64_t end = slice_bound(stop, size, backwards, backwards ? -1 : size);
  // Beyond the size every stride reaches the same items, and none overflows.
  stride = std::min(std::max(stride, -size - 1), size + 1);
  if (is_text && stride == 1) {
    TrackedText part;
    if (first < end) {
      part = value.text().substr(offsets[static_cast<size_t>(first)],
                                 offsets[static_cast<size_t>(end)]);
    }
    part.set_markup(value.text().is_markup());
    return part;
  }
  TrackedText text;
  std::vector<Value> items;
  for (int64_t i = first; backwards ? i > end : i < end; i += stride) {
    runtime.budget.spend();
    const auto at = static_cast<size_t>(i);
    if (is_text) {
      text.append(value.text(), offsets[at], offsets[at + 1]);
    } else {
      items.push_back(value.sequence()->items[at]);
    }
  }
  if (is_text) {
    text.set_markup(value.text().is_markup());
    return text;
  }
  const bool tuple = value.sequence()->type == Sequence::Type::kTuple;
  return make_sequence(tuple ? Sequence::Type::kTuple : Sequence::Type::kList, std::move(items));
}

}  // namespace twin::chat
