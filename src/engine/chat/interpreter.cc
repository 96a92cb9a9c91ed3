#include "engine/chat/interpreter.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/chat/loop.h"
#include "engine/chat/printing.h"

namespace twin::chat {

// A macro, or the body of a call block as its `caller`.
class Macro : public Object {
 public:
  Macro(Interpreter& interpreter, const Function& function, std::shared_ptr<Scope> closure)
      : interpreter_(interpreter), function_(function), closure_(std::move(closure)) {}
  std::string type_name() const override { return "Macro"; }
  bool callable() const override { return true; }
  Value call(const Arguments& arguments) override {
    return interpreter_.call_macro(function_, closure_, arguments);
  }
  std::optional<Value> attribute(std::string_view name) override {
    if (name == "name") return Value(std::string_view(function_.name));
    return std::nullopt;
  }
  std::optional<std::string> shown() const override {
    return function_.name.empty() ? "<Macro anonymous>"
                                  : fmt::format("<Macro '{}'>", function_.name);
  }

 private:
  Interpreter& interpreter_;
  const Function& function_;
  std::shared_ptr<Scope> closure_;
};

class Interpreter::InScope {
 public:
  InScope(Interpreter& interpreter, std::shared_ptr<Scope> scope)
      : interpreter_(interpreter), before_(std::exchange(interpreter.scope_, std::move(scope))) {}
  ~InScope() { interpreter_.scope_ = std::move(before_); }
  InScope(const InScope&) = delete;
  InScope& operator=(const InScope&) = delete;

 private:
  Interpreter& interpreter_;
  std::shared_ptr<Scope> before_;
};

namespace {

// Sends what is printed elsewhere while it lives.
class Redirected {
 public:
  Redirected(TrackedText*& output, TrackedText& to) : output_(output), before_(output) {
    output = &to;
  }
  ~Redirected() { output_ = before_; }
  Redirected(const Redirected&) = delete;
  Redirected& operator=(const Redirected&) = delete;

 private:
  TrackedText*& output_;
  TrackedText* before_;
};

// The items for which a loop's condition holds, each asked when it is needed: the body may change
// what the condition looks at.
class Conditional : public Iterator {
 public:
  Conditional(std::unique_ptr<Iterator> items, std::function<bool(const Value&)> holds)
      : items_(std::move(items)), holds_(std::move(holds)) {}
  bool next(Value& item) override {
    while (items_->next(item)) {
      if (holds_(item)) return true;
    }
    return false;
  }

 private:
  std::unique_ptr<Iterator> items_;
  std::function<bool(const Value&)> holds_;
};

}  // namespace

const Value* Scope::find(NameId id) const {
  for (const Scope* scope = this; scope != nullptr; scope = scope->parent.get()) {
    for (const auto& [name, value] : scope->variables) {
      if (name == id) return &value;
    }
  }
  return nullptr;
}

void Scope::set(NameId id, Value value) {
  for (auto& [name, old] : variables) {
    if (name == id) {
      old = std::move(value);
      return;
    }
  }
  variables.emplace_back(id, std::move(value));
}

Interpreter::Interpreter(const Template& source, Runtime& runtime, const Variables& variables)
    : source_(source), runtime_(runtime), scope_(std::make_shared<Scope>(nullptr)) {
  held_.push_back(scope_);
  for (const std::string& name : source.names) {
    const auto given = std::find_if(variables.begin(), variables.end(),
                                    [&](const auto& variable) { return variable.first == name; });
    base_.push_back(given != variables.end() ? std::optional(given->second)
                                             : find_global(runtime, name));
  }
}

Interpreter::~Interpreter() {
  for (const auto& ns : runtime_.namespaces) ns->attributes.clear();
  for (const auto& scope : held_) scope->variables.clear();
}

TrackedText Interpreter::run() {
  TrackedText text;
  const Redirected redirected(output_, text);
  execute(source_.body);
  return text;
}

Interpreter::Flow Interpreter::execute(const Body& body) {
  const Level level(runtime_);
  for (const auto& statement : body) {
    runtime_.budget.spend();
    line_ = statement->line;
    const Flow flow = execute(*statement);
    if (flow != Flow::kNext) return flow;
  }
  return Flow::kNext;
}

Interpreter::Flow Interpreter::execute(const Statement& statement) {
  using Type = Statement::Type;
  switch (statement.type) {
    case Type::kText:
      runtime_.budget.spend_bytes(statement.text.size());
      output_->append(statement.text);
      return Flow::kNext;
    case Type::kOutput:
      print(evaluate(*statement.expression));
      return Flow::kNext;
    case Type::kLoop:
      return execute_loop(statement);
    case Type::kBranch:
      return execute_branch(statement);
    case Type::kAssign:
      assign(statement.target, evaluate(*statement.expression));
      return Flow::kNext;
    case Type::kAssignBlock:
      return execute_assign_block(statement);
    case Type::kMacro:
      scope_->set(statement.target.id, make_macro(statement.function));
      return Flow::kNext;
    case Type::kCallBlock:
      execute_call_block(statement);
      return Flow::kNext;
    case Type::kFilterBlock:
      return execute_filter_block(statement);
    case Type::kWith:
      return execute_with(statement);
    case Type::kGeneration: {
      const InScope scope(*this, std::make_shared<Scope>(scope_));
      return execute(statement.body);
    }
    case Type::kBreakLoop:
      return Flow::kLeft;
    case Type::kContinueLoop:
      return Flow::kContinued;
  }
  return Flow::kNext;
}

void Interpreter::print(const Value& value) {
  if (value.is(Kind::kText)) {
    runtime_.budget.spend_bytes(value.bytes().size());
    output_->append(value.text());
  } else {
    output_->append(to_text(runtime_.budget, value));
  }
}

Interpreter::Flow Interpreter::execute_branch(const Statement& statement) {
  for (size_t i = 0; i < statement.bodies.size(); ++i) {
    if (i == statement.conditions.size() || truthy(evaluate(*statement.conditions[i]))) {
      return execute(statement.bodies[i]);
    }
  }
  return Flow::kNext;
}

Interpreter::Flow Interpreter::execute_loop(const Statement& statement) {
  const Value items = evaluate(*statement.expression);
  // A recursive loop is a function, so that what happens in it stays in it.
  const Flow flow = run_loop(statement, items, 0);
  return statement.recursive ? Flow::kNext : flow;
}

Interpreter::Flow Interpreter::run_loop(const Statement& statement, const Value& items,
                                        int64_t depth) {
  const Level level(runtime_);
  std::unique_ptr<Iterator> iterator = iterate(items);
  if (statement.condition) {
    iterator = std::make_unique<Conditional>(
        std::move(iterator), [this, &statement, around = scope_](const Value& item) {
          const InScope scope(*this, std::make_shared<Scope>(around));
          runtime_.budget.spend();
          assign(statement.target, item);
          return truthy(evaluate(*statement.condition));
        });
  }
  const auto loop = std::make_shared<Loop>(*this, statement, items, std::move(iterator), depth);
  // Whatever leaves this function, the loop lets go of its items.
  const std::unique_ptr<Loop, void (*)(Loop*)> finisher(loop.get(),
                                                        [](Loop* one) { one->finish(); });
  const auto around = scope_;
  const auto named_loop = std::find(source_.names.begin(), source_.names.end(), "loop");
  bool completed_one = false;
  while (loop->advance()) {
    runtime_.budget.spend();
    const InScope scope(*this, std::make_shared<Scope>(around));
    if (named_loop != source_.names.end()) {
      scope_->set(static_cast<NameId>(named_loop - source_.names.begin()),
                  Value(std::shared_ptr<Object>(loop)));
    }
    assign(statement.target, loop->current());
    const Flow flow = execute(statement.body);
    if (flow == Flow::kLeft) break;
    // Jinja takes a loop none of whose rounds came to its end for an empty one.
    completed_one |= flow == Flow::kNext;
  }
  if (completed_one || statement.otherwise.empty()) return Flow::kNext;
  const InScope scope(*this, std::make_shared<Scope>(around));
  return execute(statement.otherwise);
}

// The text of the loop over other items: what a recursive loop's body calls.
TrackedText Interpreter::run_recursively(const Statement& statement, const Value& items,
                                         int64_t depth, const std::shared_ptr<Scope>& around) {
  TrackedText text;
  const Redirected redirected(output_, text);
  const InScope scope(*this, around);
  run_loop(statement, items, depth);
  return text;
}

Interpreter::Flow Interpreter::execute_with(const Statement& statement) {
  const std::vector<Value> values = evaluate_all(statement.values);
  const InScope scope(*this, std::make_shared<Scope>(scope_));
  for (size_t i = 0; i < values.size(); ++i) assign(statement.targets[i], values[i]);
  return execute(statement.body);
}

TrackedText Interpreter::captured(const Body& body, Flow& flow) {
  TrackedText text;
  const Redirected redirected(output_, text);
  const InScope scope(*this, std::make_shared<Scope>(scope_));
  flow = execute(body);
  return text;
}

Interpreter::Flow Interpreter::execute_assign_block(const Statement& statement) {
  Flow flow = Flow::kNext;
  Value value = captured(statement.body, flow);
  if (flow != Flow::kNext) return flow;
  if (statement.expression) {
    const Value* const before = std::exchange(block_input_, &value);
    Value filtered = evaluate(*statement.expression);
    block_input_ = before;
    value = std::move(filtered);
  }
  assign(statement.target, value);
  return flow;
}

Interpreter::Flow Interpreter::execute_filter_block(const Statement& statement) {
  Flow flow = Flow::kNext;
  const Value value = captured(statement.body, flow);
  if (flow != Flow::kNext) return flow;
  const Value* const before = std::exchange(block_input_, &value);
  const Value filtered = evaluate(*statement.expression);
  block_input_ = before;
  print(filtered);
  return flow;
}

void Interpreter::execute_call_block(const Statement& statement) {
  const Value caller = make_macro(statement.function);
  print(evaluate_call(*statement.expression, &caller));
}

void Interpreter::assign(const Target& target, const Value& value) {
  switch (target.type) {
    case Target::Type::kName:
      scope_->set(target.id, value);
      return;
    case Target::Type::kAttribute: {
      const Value* found = scope_->find(target.id);
      if (found == nullptr && base_[target.id]) found = &*base_[target.id];
      if (found == nullptr || !found->is(Kind::kNs)) {
        throw Failure("cannot assign attribute on non-namespace object");
      }
      runtime_.budget.spend();
      found->ns()->set(target.attribute, value);
      return;
    }
    case Target::Type::kTuple: {
      const auto iterator = iterate(value);
      std::vector<Value> parts;
      Value part;
      while (parts.size() <= target.parts.size() && iterator->next(part)) parts.push_back(part);
      if (parts.size() != target.parts.size()) {
        throw Failure(fmt::format("{} values to unpack, expected {}",
                                  parts.size() < target.parts.size() ? "not enough" : "too many",
                                  target.parts.size()));
      }
      for (size_t i = 0; i < parts.size(); ++i) assign(target.parts[i], parts[i]);
      return;
    }
  }
}

Value Interpreter::make_macro(const Function& function) {
  if (held_.back() != scope_) held_.push_back(scope_);
  return Value(std::shared_ptr<Object>(std::make_shared<Macro>(*this, function, scope_)));
}

TrackedText Interpreter::call_macro(const Function& function, const std::shared_ptr<Scope>& closure,
                                    const Arguments& arguments) {
  const Level level(runtime_);
  const size_t called_from = line_;
  const auto& names = function.parameter_names;
  const size_t count = names.size();
  auto scope = std::make_shared<Scope>(closure);
  std::vector<bool> given(count, false);
  for (size_t i = 0; i < count; ++i) {
    if (i < arguments.positional.size()) {
      given[i] = true;
      scope->set(function.parameters[i], arguments.positional[i]);
    } else {
      scope->set(function.parameters[i],
                 Value::undefined(fmt::format("parameter '{}' was not provided", names[i])));
    }
  }
  auto kwargs = std::make_shared<Dict>();
  Value caller = Value::undefined("No caller defined");
  const auto declares = [&](std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  const bool takes_caller = function.uses_caller && !declares("caller");
  const bool takes_kwargs = function.uses_kwargs && !declares("kwargs");
  const bool takes_varargs = function.uses_varargs && !declares("varargs");
  for (const auto& [name, value] : arguments.named) {
    const auto at =
        static_cast<size_t>(std::find(names.begin(), names.end(), name) - names.begin());
    if (at < count && !given[at]) {
      given[at] = true;
      scope->set(function.parameters[at], value);
    } else if (takes_caller && name == "caller") {
      caller = value;
    } else if (takes_kwargs) {
      kwargs->set(runtime_.budget, Value(std::string_view(name)), value);
    } else {
      throw Failure(fmt::format("macro '{}' takes no keyword argument '{}'", function.name, name));
    }
  }
  std::vector<Value> rest;
  if (arguments.positional.size() > count) {
    if (!takes_varargs) {
      throw Failure(
          fmt::format("macro '{}' takes not more than {} argument(s)", function.name, count));
    }
    rest.assign(arguments.positional.begin() + static_cast<std::ptrdiff_t>(count),
                arguments.positional.end());
  }
  const auto declare = [&](std::string_view name, Value value) {
    const auto found = std::find(source_.names.begin(), source_.names.end(), name);
    scope->set(static_cast<NameId>(found - source_.names.begin()), std::move(value));
  };
  if (takes_caller) declare("caller", std::move(caller));
  if (takes_kwargs) declare("kwargs", Value(std::shared_ptr<const Dict>(std::move(kwargs))));
  if (takes_varargs) declare("varargs", make_tuple(std::move(rest)));

  const InScope in_scope(*this, scope);
  const size_t first_default = count - function.defaults.size();
  for (size_t i = first_default; i < count; ++i) {
    if (given[i]) continue;
    scope->set(function.parameters[i], evaluate(*function.defaults[i - first_default]));
  }
  TrackedText text;
  const Redirected redirected(output_, text);
  const Value* const block_input = std::exchange(block_input_, nullptr);
  execute(function.body);
  block_input_ = block_input;
  line_ = called_from;
  return text;
}

}  // namespace twin::chat
