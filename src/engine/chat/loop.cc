#include "engine/chat/loop.h"

#include <fmt/format.h>

namespace twin::chat {

Loop::Loop(Interpreter& interpreter, const Statement& statement, const Value& items,
           std::unique_ptr<Iterator> iterator, int64_t depth0)
    : interpreter_(interpreter),
      statement_(statement),
      around_(interpreter.scope_),
      iterator_(std::move(iterator)),
      depth0_(depth0) {
  // What a condition leaves, and what generators give, has no length before it is gone through.
  const bool known = !statement.condition && !items.is(Kind::kObject);
  if (known) length_ = chat::length(items);
}

bool Loop::has_next() {
  if (next_) return true;
  Value item;
  if (finished_ || !iterator_->next(item)) return false;
  next_ = std::move(item);
  return true;
}

bool Loop::advance() {
  if (!has_next()) return false;
  before_ = std::move(current_);
  current_ = *std::move(next_);
  next_.reset();
  ++index0_;
  return true;
}

void Loop::finish() {
  finished_ = true;
  iterator_.reset();
  around_.reset();
  next_.reset();
  last_changed_.reset();
  current_ = Value();
  before_ = Value();
}

std::optional<int64_t> Loop::length() {
  if (length_) return length_;
  if (finished_) return index0_ + 1;
  std::vector<Value> rest;
  while (has_next()) {
    interpreter_.runtime_.budget.spend();
    rest.push_back(*std::move(next_));
    next_.reset();
  }
  length_ = static_cast<int64_t>(rest.size()) + index0_ + 1;
  iterator_ = chat::iterate(make_list(std::move(rest)));
  return length_;
}

std::optional<std::string> Loop::shown() const {
  if (!length_) return std::nullopt;
  return fmt::format("<LoopContext {}/{}>", index0_ + 1, *length_);
}

Value Loop::call(const Arguments& arguments) {
  const Bound bound = bind("loop", arguments, {"iterable"}, 1);
  if (!statement_.recursive || finished_) {
    throw Failure("the loop must have the 'recursive' marker to be called recursively");
  }
  // Another round may let go of this one's last owner.
  const auto self = shared_from_this();
  return interpreter_.run_recursively(statement_, *bound[0], depth0_ + 1, around_);
}

Value Loop::cycle(const Arguments& arguments) const {
  if (arguments.positional.empty()) throw Failure("no items for cycling given");
  return arguments.positional[static_cast<size_t>(index0_) % arguments.positional.size()];
}

Value Loop::changed(const Arguments& arguments) {
  Value now = make_tuple(arguments.positional);
  const bool same = last_changed_ && equals(interpreter_.runtime_.budget, *last_changed_, now);
  if (!same && !finished_) last_changed_ = std::move(now);
  return !same;
}

std::optional<Value> Loop::attribute(std::string_view name) {
  if (name == "index") return Value(index0_ + 1);
  if (name == "index0") return Value(index0_);
  if (name == "first") return Value(index0_ == 0);
  if (name == "last") return Value(!has_next());
  if (name == "length") return Value(*length());
  if (name == "revindex") return Value(*length() - index0_);
  if (name == "revindex0") return Value(*length() - index0_ - 1);
  if (name == "depth") return Value(depth0_ + 1);
  if (name == "depth0") return Value(depth0_);
  if (name == "previtem") {
    return index0_ == 0 ? Value::undefined("there is no previous item") : before_;
  }
  if (name == "nextitem") {
    return has_next() ? *next_ : Value::undefined("there is no next item");
  }
  if (name != "cycle" && name != "changed") return std::nullopt;
  const auto method = name == "cycle"
                          ? Native::Body([self = shared_from_this()](const Arguments& arguments) {
                              return self->cycle(arguments);
                            })
                          : Native::Body([self = shared_from_this()](const Arguments& arguments) {
                              return self->changed(arguments);
                            });
  return Value(std::shared_ptr<Object>(std::make_shared<Native>(method)));
}

}  // namespace twin::chat
