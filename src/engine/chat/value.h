#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "engine/chat/budget.h"
#include "engine/chat/tracked_text.h"

// What a template computes with: Python's values as Jinja sees them. All but namespaces and
// iterators are immutable, as the sandbox makes them.
namespace twin::chat {

class Value;
class Dict;
class Object;
struct Sequence;
struct Namespace;

// Values nest at most this deep, so that whatever walks them cannot exhaust the stack.
inline constexpr size_t kMaxValueDepth = 100;

// Prints as nothing, is false and empty; most other uses raise its message.
struct Undefined {
  std::shared_ptr<const std::string> message;
};
struct None {};

enum class Kind {
  kUndefined,
  kNone,
  kBoolean,
  kInteger,
  kReal,
  kText,
  kSequence,
  kDict,
  kNs,
  kObject
};

class Value {
 public:
  Value() = default;  // undefined
  // NOLINTBEGIN(google-explicit-constructor): whatever a value can be is one.
  Value(None) : data_(None{}) {}
  Value(bool value) : data_(value) {}
  Value(int64_t value) : data_(value) {}
  Value(double value) : data_(value) {}
  Value(TrackedText text) : data_(std::make_shared<const TrackedText>(std::move(text))) {}
  Value(std::string_view text) : Value(TrackedText(text)) {}
  Value(const char* text) : Value(std::string_view(text)) {}
  Value(std::shared_ptr<const Sequence> value) : data_(std::move(value)) {}
  Value(std::shared_ptr<const Dict> value) : data_(std::move(value)) {}
  Value(std::shared_ptr<Namespace> value) : data_(std::move(value)) {}
  Value(std::shared_ptr<Object> value) : data_(std::move(value)) {}
  // NOLINTEND(google-explicit-constructor)
  static Value undefined(std::string message);

  Kind kind() const { return static_cast<Kind>(data_.index()); }
  bool is(Kind wanted) const { return kind() == wanted; }
  // An int as Python has it: booleans count.
  bool is_integral() const { return is(Kind::kInteger) || is(Kind::kBoolean); }
  bool is_number() const { return is_integral() || is(Kind::kReal); }

  // Each requires the kind of its name.
  bool boolean() const { return std::get<bool>(data_); }
  int64_t integral() const;
  double number() const;  // of any number
  const TrackedText& text() const { return *std::get<5>(data_); }
  const std::string& bytes() const { return text().bytes(); }
  const std::shared_ptr<const Sequence>& sequence() const { return std::get<6>(data_); }
  const std::shared_ptr<const Dict>& dict() const { return std::get<7>(data_); }
  const std::shared_ptr<Namespace>& ns() const { return std::get<8>(data_); }
  const std::shared_ptr<Object>& object() const { return std::get<9>(data_); }
  // What an undefined value raises when it is used.
  const std::string& undefined_message() const;

  size_t depth() const;
  bool has_user() const { return is(Kind::kText) && text().has_user(); }
  // Whether both are the same object: `is` in Python.
  bool same_as(const Value& other) const;

 private:
  std::variant<Undefined, None, bool, int64_t, double, std::shared_ptr<const TrackedText>,
               std::shared_ptr<const Sequence>, std::shared_ptr<const Dict>,
               std::shared_ptr<Namespace>, std::shared_ptr<Object>>
      data_;
};

// A list and whatever else holds its items in a row.
struct Sequence {
  enum class Type { kList, kTuple, kRange, kKeys, kValues, kItems };
  Type type = Type::kList;
  std::vector<Value> items;
  size_t depth = 0;
  std::string range_text;  // "range(0, 3)"
  bool is_group = false;   // a tuple of groupby, with .grouper and .list
  bool is_view() const { return type >= Type::kKeys; }
};

// Errors: Failure where the items nest deeper than kMaxValueDepth.
Value make_sequence(Sequence::Type type, std::vector<Value> items);
inline Value make_list(std::vector<Value> items) {
  return make_sequence(Sequence::Type::kList, std::move(items));
}
inline Value make_tuple(std::vector<Value> items) {
  return make_sequence(Sequence::Type::kTuple, std::move(items));
}

// Keys in the order in which they were first set.
class Dict {
 public:
  using Entry = std::pair<Value, Value>;
  // Errors: Failure for keys that Python cannot hash, and for nesting beyond kMaxValueDepth.
  void set(Budget& budget, const Value& key, Value value);
  // Null where the key is absent or cannot be hashed.
  const Value* find(Budget& budget, const Value& key) const;
  const Value* find(std::string_view key) const;
  const std::vector<Entry>& entries() const { return entries_; }
  size_t depth() const { return depth_; }

 private:
  std::optional<size_t> index_of(Budget& budget, const Value& key) const;

  std::vector<Entry> entries_;
  // Of text keys; the views are of the keys in entries_, whose bytes never move.
  std::unordered_map<std::string_view, size_t> by_text_;
  size_t depth_ = 1;
};

// The one thing a template may change. Held by the interpreter until it ends, which breaks cycles.
struct Namespace {
  std::vector<std::pair<std::string, Value>> attributes;
  Value* find(std::string_view name);
  void set(std::string_view name, Value value);
};

// What a call was given, `*` and `**` spread out.
struct Arguments {
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> named;
};

// One pass over something.
class Iterator {
 public:
  virtual ~Iterator() = default;
  // False at the end.
  virtual bool next(Value& item) = 0;
};

// Functions, macros, loops, generators: values with behaviour of their own.
class Object {
 public:
  virtual ~Object() = default;
  virtual std::string type_name() const = 0;
  virtual bool callable() const { return false; }
  // Errors: Failure, as Python's TypeError, unless it is callable.
  virtual Value call(const Arguments& arguments);
  virtual std::optional<Value> attribute(std::string_view name);
  // Null where it cannot be iterated. `self` keeps this alive.
  virtual std::unique_ptr<Iterator> iterate(const std::shared_ptr<Object>& self);
  virtual std::optional<int64_t> length() { return std::nullopt; }
  // What print and repr show; nothing where Python would show an address.
  virtual std::optional<std::string> shown() const { return std::nullopt; }
  virtual size_t depth() const { return 0; }
};

bool truthy(const Value& value);
// Python's name of the type, "str", "NoneType".
std::string type_name(const Value& value);
bool hashable(Budget& budget, const Value& value);
// ==, over types; never raises.
bool equals(Budget& budget, const Value& left, const Value& right);
// Negative, zero or positive as left is less than, equal to or greater than right; nothing where
// they are unordered (NaN). Errors: Failure where Python cannot order them. `sign` is for its
// message.
std::optional<int> compare(Budget& budget, const Value& left, const Value& right,
                           std::string_view sign = "<");
// Null where the value cannot be iterated.
std::unique_ptr<Iterator> try_iterate(const Value& value);
// Errors: Failure where the value cannot be iterated.
std::unique_ptr<Iterator> iterate(const Value& value);
// len(). Errors: Failure where the value has none.
int64_t length(const Value& value);
// Raises what an undefined value raises when it is used; does nothing to others.
void require_defined(const Value& value);

}  // namespace twin::chat
