#include <fmt/format.h>

#include <cmath>

#include "engine/chat/filters.h"
#include "engine/chat/numbers.h"
#include "engine/chat/operators.h"

namespace twin::chat {
namespace {

Value otherwise(Runtime&, const Value& self, const Arguments& arguments) {
  const Bound bound = bind("default", arguments, {"default_value", "boolean"});
  const bool missing = self.is(Kind::kUndefined) || (bound.truth(1, false) && !truthy(self));
  return missing ? bound.get(0, "") : self;
}

Value absolute(Runtime&, const Value& self, const Arguments& arguments) {
  bind("abs", arguments, {});
  require_defined(self);
  if (!self.is_number()) {
    throw Failure(fmt::format("bad operand type for abs(): '{}'", type_name(self)));
  }
  if (self.is(Kind::kReal)) return std::fabs(self.number());
  return self.integral() < 0 ? negated(self) : Value(self.integral());
}

Value to_int(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound = bind("int", arguments, {"default", "base"});
  require_defined(self);
  std::optional<int64_t> result;
  if (self.is_integral()) {
    result = self.integral();
  } else if (self.is(Kind::kReal)) {
    result = truncated(self.number());
  } else if (self.is(Kind::kText)) {
    runtime.budget.spend_bytes(self.bytes().size());
    result = parse_integer(self.bytes(), bound.integer(1, 10));
    if (!result) {
      if (const auto real = parse_real(self.bytes())) result = truncated(*real);
    }
  }
  return result ? Value(*result) : bound.get(0, int64_t{0});
}

Value to_float(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound = bind("float", arguments, {"default"});
  require_defined(self);
  if (self.is_number()) return self.number();
  if (self.is(Kind::kText)) {
    runtime.budget.spend_bytes(self.bytes().size());
    if (const auto real = parse_real(self.bytes())) return *real;
  }
  return bound.get(0, 0.0);
}

Value round(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound = bind("round", arguments, {"precision", "method"});
  const int64_t precision = bound.integer(0, 0);
  const std::string method = bound[1] ? to_string(*bound[1]).bytes() : "common";
  if (method == "common") return rounded(self, precision);
  if (method != "ceil" && method != "floor") {
    throw Failure("method must be common, ceil or floor");
  }
  const Value unit = arithmetic(runtime, "**", int64_t{10}, precision);
  const Value scaled = arithmetic(runtime, "*", self, unit);
  Value whole = scaled;
  if (scaled.is(Kind::kReal)) {
    const auto fits =
        truncated(method == "ceil" ? std::ceil(scaled.number()) : std::floor(scaled.number()));
    if (!fits) throw Failure("an integer beyond 64 bits");
    whole = *fits;
  }
  return arithmetic(runtime, "/", whole, unit);
}

// value.name, but never value["name"].
Value attribute(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound = bind("attr", arguments, {"name"}, 1);
  const std::string& name = to_string(*bound[0]).bytes();
  if (self.is(Kind::kDict) && find_method(self, name) == nullptr) {
    return Value::undefined(fmt::format("'dict object' has no attribute '{}'", name));
  }
  return attribute_of(runtime, self, name);
}

}  // namespace

const FilterTable& value_filters() {
  static const FilterTable kFilters = {
      {"default", otherwise}, {"d", otherwise}, {"abs", absolute},  {"int", to_int},
      {"float", to_float},    {"round", round}, {"attr", attribute}};
  return kFilters;
}

namespace {

Function1 find_filter(std::string_view name) {
  for (const FilterTable* table : {&value_filters(), &text_filters(), &sequence_filters()}) {
    if (const auto found = table->find(name); found != table->end()) return found->second;
  }
  return nullptr;
}

}  // namespace

bool is_filter(std::string_view name) { return find_filter(name) != nullptr; }

Value apply_filter(Runtime& runtime, std::string_view name, const Value& value,
                   const Arguments& arguments) {
  const Function1 filter = find_filter(name);
  if (filter == nullptr) throw Failure(fmt::format("no filter named '{}'", name));
  const Level level(runtime);
  return filter(runtime, value, arguments);
}

}  // namespace twin::chat
