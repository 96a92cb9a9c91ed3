#include <fmt/format.h>

#include <unordered_map>

#include "engine/chat/operators.h"
#include "engine/chat/printing.h"
#include "engine/chat/text_operations.h"

// Jinja's tests: what may stand after `is`.
namespace twin::chat {
namespace {

using Predicate = bool (*)(Runtime& runtime, const Value& value, const Arguments& arguments);

// One that asks something of the value alone.
template <bool (*kAsk)(Runtime&, const Value&)>
bool plain(Runtime& runtime, const Value& value, const Arguments& arguments) {
  bind("a test", arguments, {});
  return kAsk(runtime, value);
}

bool is_defined(Runtime&, const Value& value) { return !value.is(Kind::kUndefined); }
bool is_undefined(Runtime&, const Value& value) { return value.is(Kind::kUndefined); }
bool is_none(Runtime&, const Value& value) { return value.is(Kind::kNone); }
bool is_boolean(Runtime&, const Value& value) { return value.is(Kind::kBoolean); }
bool is_true(Runtime&, const Value& value) { return value.is(Kind::kBoolean) && value.boolean(); }
bool is_false(Runtime&, const Value& value) { return value.is(Kind::kBoolean) && !value.boolean(); }
bool is_integer(Runtime&, const Value& value) { return value.is(Kind::kInteger); }
bool is_float(Runtime&, const Value& value) { return value.is(Kind::kReal); }
bool is_number(Runtime&, const Value& value) { return value.is_number(); }
bool is_string(Runtime&, const Value& value) { return value.is(Kind::kText); }
bool is_mapping(Runtime&, const Value& value) { return value.is(Kind::kDict); }
bool is_escaped(Runtime&, const Value& value) {
  return value.is(Kind::kText) && value.text().is_markup();
}
bool is_iterable(Runtime&, const Value& value) { return try_iterate(value) != nullptr; }

bool is_sequence(Runtime&, const Value& value) {
  if (value.is(Kind::kSequence)) return !value.sequence()->is_view();
  return value.is(Kind::kText) || value.is(Kind::kDict) || value.is(Kind::kUndefined);
}

// Jinja's undefined values have a __call__, which raises.
bool is_callable(Runtime&, const Value& value) {
  return value.is(Kind::kUndefined) || (value.is(Kind::kObject) && value.object()->callable());
}

bool is_lower(Runtime& runtime, const Value& value) {
  return is_cased(to_text(runtime.budget, value), false);
}

bool is_upper(Runtime& runtime, const Value& value) {
  return is_cased(to_text(runtime.budget, value), true);
}

bool remainder_is(Runtime& runtime, const Value& value, const Value& divisor, int64_t wanted) {
  return equals(runtime.budget, arithmetic(runtime, "%", value, divisor), Value(wanted));
}

bool is_odd(Runtime& runtime, const Value& value) {
  return remainder_is(runtime, value, int64_t{2}, 1);
}

bool is_even(Runtime& runtime, const Value& value) {
  return remainder_is(runtime, value, int64_t{2}, 0);
}

bool is_divisible(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound = bind("divisibleby", arguments, {"num"}, 1);
  return remainder_is(runtime, value, *bound[0], 0);
}

bool is_same(Runtime&, const Value& value, const Arguments& arguments) {
  const Bound bound = bind("sameas", arguments, {"other"}, 1);
  return value.same_as(*bound[0]);
}

bool is_in(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound = bind("in", arguments, {"seq"}, 1);
  return contains(runtime, *bound[0], value);
}

bool names_filter(Runtime&, const Value& value) {
  return value.is(Kind::kText) && is_filter(value.bytes());
}

bool names_test(Runtime&, const Value& value) {
  return value.is(Kind::kText) && is_predicate(value.bytes());
}

constexpr char kEqual[] = "==", kNotEqual[] = "!=", kLess[] = "<",
               kLessEqual[] = "<=", kGreater[] = ">", kGreaterEqual[] = ">=";

template <const char* kSign>
bool compares(Runtime& runtime, const Value& value, const Arguments& arguments) {
  const Bound bound = bind(kSign, arguments, {""}, 1);
  return comparison(runtime, kSign, value, *bound[0]);
}

const std::unordered_map<std::string_view, Predicate> kPredicates = {
    {"defined", plain<is_defined>},
    {"undefined", plain<is_undefined>},
    {"none", plain<is_none>},
    {"boolean", plain<is_boolean>},
    {"true", plain<is_true>},
    {"false", plain<is_false>},
    {"integer", plain<is_integer>},
    {"float", plain<is_float>},
    {"number", plain<is_number>},
    {"string", plain<is_string>},
    {"mapping", plain<is_mapping>},
    {"escaped", plain<is_escaped>},
    {"iterable", plain<is_iterable>},
    {"sequence", plain<is_sequence>},
    {"callable", plain<is_callable>},
    {"lower", plain<is_lower>},
    {"upper", plain<is_upper>},
    {"odd", plain<is_odd>},
    {"even", plain<is_even>},
    {"filter", plain<names_filter>},
    {"test", plain<names_test>},
    {"divisibleby", is_divisible},
    {"sameas", is_same},
    {"in", is_in},
    {"==", compares<kEqual>},
    {"eq", compares<kEqual>},
    {"equalto", compares<kEqual>},
    {"!=", compares<kNotEqual>},
    {"ne", compares<kNotEqual>},
    {"<", compares<kLess>},
    {"lt", compares<kLess>},
    {"lessthan", compares<kLess>},
    {"<=", compares<kLessEqual>},
    {"le", compares<kLessEqual>},
    {">", compares<kGreater>},
    {"gt", compares<kGreater>},
    {"greaterthan", compares<kGreater>},
    {">=", compares<kGreaterEqual>},
    {"ge", compares<kGreaterEqual>},
};

}  // namespace

bool is_predicate(std::string_view name) { return kPredicates.contains(name); }

bool apply_predicate(Runtime& runtime, std::string_view name, const Value& value,
                     const Arguments& arguments) {
  const auto found = kPredicates.find(name);
  if (found == kPredicates.end()) throw Failure(fmt::format("no test named '{}'", name));
  const Level level(runtime);
  return found->second(runtime, value, arguments);
}

}  // namespace twin::chat
