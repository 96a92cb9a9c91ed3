#pragma once

#include <chrono>
#include <functional>
#include <initializer_list>
#include <span>

#include "engine/chat/value.h"

namespace twin::chat {

// What filters, tests, methods and functions may use while a template runs.
struct Runtime {
  Budget budget;
  std::optional<std::chrono::system_clock::time_point> now;  // for strftime_now
  std::chrono::minutes utc_offset{0};
  size_t depth = 0;  // of calls and expressions being worked on
  // Every namespace of this rendering; they may hold one another, so they are emptied at its end.
  std::vector<std::shared_ptr<Namespace>> namespaces;

  explicit Runtime(size_t steps) : budget(steps) {}
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;
};

// Counts a level of work while it lives. Errors: Failure beyond kMaxRuntimeDepth.
inline constexpr size_t kMaxRuntimeDepth = 1000;
class Level {
 public:
  explicit Level(Runtime& runtime);
  ~Level() { --runtime_.depth; }
  Level(const Level&) = delete;
  Level& operator=(const Level&) = delete;

 private:
  Runtime& runtime_;
};

using Function1 = Value (*)(Runtime& runtime, const Value& self, const Arguments& arguments);

// A callable of ours: a global function, or a method with the value it belongs to.
class Native : public Object {
 public:
  using Body = std::function<Value(const Arguments&)>;
  explicit Native(Body body, size_t depth = 0) : body_(std::move(body)), depth_(depth) {}
  std::string type_name() const override { return "function"; }
  bool callable() const override { return true; }
  Value call(const Arguments& arguments) override { return body_(arguments); }
  size_t depth() const override { return depth_; }

 private:
  Body body_;
  size_t depth_;
};

// A lazy sequence that can be gone through once.
class Generator : public Object {
 public:
  using Next = std::function<bool(Value&)>;
  // `depth` is that of the deepest value it holds. Errors: Failure where they nest too deep.
  Generator(size_t depth, Next next);
  std::string type_name() const override { return "generator"; }
  std::unique_ptr<Iterator> iterate(const std::shared_ptr<Object>& self) override;
  size_t depth() const override { return depth_; }
  bool next(Value& item) { return next_(item); }

 private:
  Next next_;
  size_t depth_;
};
Value make_generator(size_t depth, Generator::Next next);

// Arguments by parameter, as Python assigns them.
class Bound {
 public:
  // Null where the caller gave none.
  const Value* operator[](size_t index) const { return values_[index]; }
  Value get(size_t index, const Value& otherwise) const;
  bool truth(size_t index, bool otherwise) const;
  // An int, or `otherwise` where none was given. Errors: Failure for other types.
  int64_t integer(size_t index, int64_t otherwise) const;

 private:
  friend Bound bind(std::string_view, const Arguments&, std::initializer_list<std::string_view>,
                    size_t);
  std::vector<const Value*> values_;
};
// A parameter with an empty name can be given by position alone. The result points into
// `arguments`. Errors: Failure as Python's TypeError: too many, unknown, twice, or one of the first
// `required` is missing.
Bound bind(std::string_view function, const Arguments& arguments,
           std::initializer_list<std::string_view> parameters, size_t required = 0);

// Errors: Failure where the value is not an int (or bool).
int64_t to_integer(const Value& value);
// Errors: Failure where it is not text.
const TrackedText& to_string(const Value& value);

// All items of something that can be iterated, paid for. Errors: Failure.
std::vector<Value> collect(Runtime& runtime, const Value& value);

// value.name and value[key] as Jinja looks them up: undefined where there is nothing. Errors:
// Failure where the value itself is undefined.
Value attribute_of(Runtime& runtime, const Value& value, std::string_view name);
Value item_of(Runtime& runtime, const Value& value, const Value& key);
// Calls a method of `self`; what methods of markup give is markup.
Value call_method(Runtime& runtime, Function1 method, const Value& self,
                  const Arguments& arguments);
// The method of that name; null if the type has none.
Function1 find_method(const Value& value, std::string_view name);

// Errors of the two below: Failure where there is no such filter or test.
bool is_filter(std::string_view name);
bool is_predicate(std::string_view name);
Value apply_filter(Runtime& runtime, std::string_view name, const Value& value,
                   const Arguments& arguments);
bool apply_predicate(Runtime& runtime, std::string_view name, const Value& value,
                     const Arguments& arguments);

// range, namespace, dict, raise_exception, strftime_now, cycler, joiner. Nothing for other names.
std::optional<Value> find_global(Runtime& runtime, std::string_view name);

}  // namespace twin::chat
