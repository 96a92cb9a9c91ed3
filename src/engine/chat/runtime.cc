#include "engine/chat/runtime.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/chat/characters.h"
#include "engine/chat/printing.h"
#include "engine/chat/text_operations.h"

namespace twin::chat {
namespace {

class GeneratorIterator : public Iterator {
 public:
  explicit GeneratorIterator(std::shared_ptr<Object> generator) : held_(std::move(generator)) {}
  bool next(Value& item) override { return static_cast<Generator&>(*held_).next(item); }

 private:
  std::shared_ptr<Object> held_;
};

// Methods that would change the value: the sandbox refuses them.
bool is_refused(const Value& value, std::string_view name) {
  static constexpr std::string_view kDict[] = {"clear", "pop", "popitem", "setdefault", "update"};
  static constexpr std::string_view kList[] = {"append", "clear", "pop",    "reverse",
                                               "insert", "sort",  "extend", "remove"};
  const auto has = [&](const auto& names) {
    return std::find(std::begin(names), std::end(names), name) != std::end(names);
  };
  if (value.is(Kind::kDict)) return has(kDict);
  return value.is(Kind::kSequence) && value.sequence()->type == Sequence::Type::kList && has(kList);
}

bool has_refused_dunder(std::string_view name) {
  static constexpr std::string_view kNames[] = {
      "__class__",        "__init__",   "__doc__",          "__dir__",    "__hash__",
      "__eq__",           "__str__",    "__repr__",         "__new__",    "__dict__",
      "__getattribute__", "__reduce__", "__subclasshook__", "__sizeof__", "__format__"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

std::string described(const Value& value) {
  return value.is(Kind::kNone) ? "None" : type_name(value) + " object";
}

Value nothing(const Value& value, const TrackedText& name) {
  return Value::undefined(
      fmt::format("'{}' has no attribute '{}'", described(value), name.bytes()));
}

// What Python's getattr finds.
std::optional<Value> python_attribute(Runtime& runtime, const Value& value, std::string_view name) {
  if (const Function1 method = find_method(value, name)) {
    if (value.depth() >= kMaxValueDepth) throw Failure("values nested too deep");
    auto bound = std::make_shared<Native>(
        [&runtime, method, value](const Arguments& arguments) {
          return call_method(runtime, method, value, arguments);
        },
        value.depth() + 1);
    return Value(std::shared_ptr<Object>(std::move(bound)));
  }
  if (is_refused(value, name) || (!value.is(Kind::kNs) && has_refused_dunder(name))) {
    return Value::undefined(
        fmt::format("access to attribute '{}' of '{}' object is unsafe", name, type_name(value)));
  }
  switch (value.kind()) {
    case Kind::kNs:
      if (const Value* found = value.ns()->find(name)) return *found;
      return std::nullopt;
    case Kind::kObject:
      return value.object()->attribute(name);
    case Kind::kSequence:
      if (value.sequence()->is_group && name == "grouper") return value.sequence()->items[0];
      if (value.sequence()->is_group && name == "list") return value.sequence()->items[1];
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

// What value[key] gives in Python; nothing where that raises.
std::optional<Value> python_item(Runtime& runtime, const Value& value, const Value& key) {
  if (value.is(Kind::kDict)) {
    if (const Value* found = value.dict()->find(runtime.budget, key)) return *found;
    return std::nullopt;
  }
  if (!key.is_integral()) return std::nullopt;
  int64_t index = key.integral();
  if (value.is(Kind::kSequence) && !value.sequence()->is_view()) {
    const auto& items = value.sequence()->items;
    const auto size = static_cast<int64_t>(items.size());
    if (index < 0) index += size;
    if (index < 0 || index >= size) return std::nullopt;
    return items[static_cast<size_t>(index)];
  }
  if (value.is(Kind::kText)) {
    runtime.budget.spend_bytes(value.bytes().size());
    if (index < 0) index += static_cast<int64_t>(count_characters(value.bytes()));
    if (index < 0) return std::nullopt;
    const size_t begin = byte_of_character(value.bytes(), static_cast<size_t>(index));
    if (begin == value.bytes().size()) return std::nullopt;
    Value one(value.text().substr(begin, begin + character_at(value.bytes(), begin).bytes));
    return value.text().is_markup() ? as_markup(std::move(one)) : one;
  }
  return std::nullopt;
}

}  // namespace

Runtime::~Runtime() {
  for (const auto& ns : namespaces) ns->attributes.clear();
}

Level::Level(Runtime& runtime) : runtime_(runtime) {
  if (runtime_.depth >= kMaxRuntimeDepth) {
    throw Failure("calls nested too deep: a macro or loop without end?");
  }
  ++runtime_.depth;
  try {
    runtime_.budget.spend();
  } catch (...) {
    --runtime_.depth;
    throw;
  }
}

Generator::Generator(size_t depth, Next next) : next_(std::move(next)), depth_(depth + 1) {
  if (depth_ > kMaxValueDepth) throw Failure("generators nested too deep");
}

std::unique_ptr<Iterator> Generator::iterate(const std::shared_ptr<Object>& self) {
  return std::make_unique<GeneratorIterator>(self);
}

Value make_generator(size_t depth, Generator::Next next) {
  return Value(std::shared_ptr<Object>(std::make_shared<Generator>(depth, std::move(next))));
}

Value Bound::get(size_t index, const Value& otherwise) const {
  return values_[index] ? *values_[index] : otherwise;
}

bool Bound::truth(size_t index, bool otherwise) const {
  return values_[index] ? truthy(*values_[index]) : otherwise;
}

int64_t Bound::integer(size_t index, int64_t otherwise) const {
  return values_[index] ? to_integer(*values_[index]) : otherwise;
}

Bound bind(std::string_view function, const Arguments& arguments,
           std::initializer_list<std::string_view> parameters, size_t required) {
  Bound bound;
  if (arguments.positional.size() > parameters.size()) {
    throw Failure(fmt::format("{}() takes at most {} argument(s), got {}", function,
                              parameters.size(), arguments.positional.size()));
  }
  for (const Value& value : arguments.positional) bound.values_.push_back(&value);
  bound.values_.resize(parameters.size());
  for (const auto& [name, value] : arguments.named) {
    const auto* const found = std::find(parameters.begin(), parameters.end(), name);
    if (found == parameters.end() || name.empty()) {
      throw Failure(fmt::format("{}() got an unexpected keyword argument '{}'", function, name));
    }
    const Value*& slot = bound.values_[static_cast<size_t>(found - parameters.begin())];
    if (slot) throw Failure(fmt::format("{}() got two values for '{}'", function, name));
    slot = &value;
  }
  for (size_t i = 0; i < required; ++i) {
    if (!bound.values_[i]) {
      throw Failure(fmt::format("{}() misses its argument {}", function, i + 1));
    }
  }
  return bound;
}

int64_t to_integer(const Value& value) {
  if (!value.is_integral()) {
    throw Failure(fmt::format("'{}' object cannot be interpreted as an integer", type_name(value)));
  }
  return value.integral();
}

const TrackedText& to_string(const Value& value) {
  if (!value.is(Kind::kText)) {
    throw Failure(fmt::format("expected a string, got '{}'", type_name(value)));
  }
  return value.text();
}

std::vector<Value> collect(Runtime& runtime, const Value& value) {
  const auto iterator = iterate(value);
  std::vector<Value> items;
  Value item;
  while (iterator->next(item)) {
    runtime.budget.spend();
    items.push_back(std::move(item));
  }
  return items;
}

Value call_method(Runtime& runtime, Function1 method, const Value& self,
                  const Arguments& arguments) {
  Value result = method(runtime, self, arguments);
  return self.is(Kind::kText) && self.text().is_markup() ? as_markup(std::move(result)) : result;
}

Value attribute_of(Runtime& runtime, const Value& value, std::string_view name) {
  require_defined(value);
  if (auto found = python_attribute(runtime, value, name)) return *std::move(found);
  if (value.is(Kind::kDict)) {
    if (const Value* found = value.dict()->find(name)) return *found;
  }
  return nothing(value, TrackedText(name));
}

Value item_of(Runtime& runtime, const Value& value, const Value& key) {
  require_defined(value);
  if (auto found = python_item(runtime, value, key)) return *std::move(found);
  if (key.is(Kind::kText)) {
    if (auto found = python_attribute(runtime, value, key.bytes())) return *std::move(found);
    return nothing(value, key.text());
  }
  return Value::undefined(
      fmt::format("{} has no element {}", described(value),
                  key.is_number() ? to_repr(runtime.budget, key).bytes() : type_name(key)));
}

}  // namespace twin::chat
