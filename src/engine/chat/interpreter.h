#pragma once

#include "engine/chat/runtime.h"
#include "engine/chat/syntax.h"

namespace twin::chat {

// The variables of one block, inside those of the block around it.
struct Scope {
  std::shared_ptr<Scope> parent;
  std::vector<std::pair<NameId, Value>> variables;

  explicit Scope(std::shared_ptr<Scope> around) : parent(std::move(around)) {}
  const Value* find(NameId id) const;  // here or further out
  void set(NameId id, Value value);    // here
};

// Runs a template once. Values it made must not outlive it.
class Interpreter {
 public:
  using Variables = std::vector<std::pair<std::string, Value>>;

  // `source` and `runtime` must outlive this.
  Interpreter(const Template& source, Runtime& runtime, const Variables& variables);
  ~Interpreter();
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

  // Errors: Failure; line() then says where.
  TrackedText run();
  size_t line() const { return line_; }

 private:
  friend class Loop;
  friend class Macro;
  enum class Flow { kNext, kLeft, kContinued };
  // Makes `scope` the current one for as long as it lives.
  class InScope;

  Flow execute(const Body& body);
  Flow execute(const Statement& statement);
  Flow execute_branch(const Statement& statement);
  Flow execute_loop(const Statement& statement);
  Flow run_loop(const Statement& statement, const Value& items, int64_t depth);
  TrackedText run_recursively(const Statement& statement, const Value& items, int64_t depth,
                              const std::shared_ptr<Scope>& around);
  Flow execute_with(const Statement& statement);
  Flow execute_assign_block(const Statement& statement);
  Flow execute_filter_block(const Statement& statement);
  void execute_call_block(const Statement& statement);
  void assign(const Target& target, const Value& value);
  void print(const Value& value);
  // What a body prints, in a scope of its own.
  TrackedText captured(const Body& body, Flow& flow);
  Value make_macro(const Function& function);
  TrackedText call_macro(const Function& function, const std::shared_ptr<Scope>& closure,
                         const Arguments& arguments);

  Value evaluate(const Expression& expression);
  Value evaluate_variable(const Expression& expression) const;
  Value evaluate_dict(const Expression& expression);
  Value evaluate_call(const Expression& expression, const Value* caller);
  Value evaluate_filter(const Expression& expression);
  Value evaluate_slice(const Expression& expression);
  Value evaluate_concatenation(const Expression& expression);
  Value evaluate_conditional(const Expression& expression);
  Value evaluate_comparison(const Expression& expression);
  std::vector<Value> evaluate_all(const std::vector<ExpressionPtr>& expressions);
  Arguments evaluate_arguments(const CallArguments& arguments);

  const Template& source_;
  Runtime& runtime_;
  std::vector<std::optional<Value>> base_;  // what the caller and Jinja give, by name
  std::shared_ptr<Scope> scope_;
  // Scopes that macros hold on to; they may hold the macros, so they are emptied at the end.
  std::vector<std::shared_ptr<Scope>> held_;
  TrackedText* output_ = nullptr;
  const Value* block_input_ = nullptr;  // what the filter of a block is applied to
  size_t line_ = 1;
};

}  // namespace twin::chat
