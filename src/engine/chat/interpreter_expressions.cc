#include <fmt/format.h>

#include "engine/chat/interpreter.h"
#include "engine/chat/operators.h"
#include "engine/chat/printing.h"

namespace twin::chat {

using Type = Expression::Type;

Value Interpreter::evaluate(const Expression& expression) {
  const Level level(runtime_);
  line_ = expression.line;
  const auto& children = expression.children;
  switch (expression.type) {
    case Type::kConstant:
      return expression.constant;
    case Type::kVariable:
      return evaluate_variable(expression);
    case Type::kList:
      return make_list(evaluate_all(children));
    case Type::kTuple:
      return make_tuple(evaluate_all(children));
    case Type::kDict:
      return evaluate_dict(expression);
    case Type::kAttribute:
      return attribute_of(runtime_, evaluate(*children[0]), expression.text);
    case Type::kSubscript: {
      const Value value = evaluate(*children[0]);
      return item_of(runtime_, value, evaluate(*children[1]));
    }
    case Type::kSlice:
      return evaluate_slice(expression);
    case Type::kCall:
      return evaluate_call(expression, nullptr);
    case Type::kFilter:
      return evaluate_filter(expression);
    case Type::kTest: {
      const Value value = evaluate(*children[0]);
      const Arguments arguments = evaluate_arguments(expression.call);
      return apply_predicate(runtime_, expression.text, value, arguments);
    }
    case Type::kNegate:
      return negated(evaluate(*children[0]));
    case Type::kPlus:
      return plus(evaluate(*children[0]));
    case Type::kLogicalNot:
      return !truthy(evaluate(*children[0]));
    case Type::kLogicalAnd: {
      Value left = evaluate(*children[0]);
      return truthy(left) ? evaluate(*children[1]) : left;
    }
    case Type::kLogicalOr: {
      Value left = evaluate(*children[0]);
      return truthy(left) ? left : evaluate(*children[1]);
    }
    case Type::kConditional:
      return evaluate_conditional(expression);
    case Type::kArithmetic: {
      const Value left = evaluate(*children[0]);
      const Value right = evaluate(*children[1]);
      return arithmetic(runtime_, expression.text, left, right);
    }
    case Type::kConcatenation:
      return evaluate_concatenation(expression);
    case Type::kComparison:
      return evaluate_comparison(expression);
  }
  return {};
}

Value Interpreter::evaluate_variable(const Expression& expression) const {
  if (const Value* found = scope_->find(expression.id)) return *found;
  if (base_[expression.id]) return *base_[expression.id];
  return Value::undefined(fmt::format("'{}' is undefined", source_.names[expression.id]));
}

std::vector<Value> Interpreter::evaluate_all(const std::vector<ExpressionPtr>& expressions) {
  std::vector<Value> values;
  values.reserve(expressions.size());
  for (const auto& expression : expressions) values.push_back(evaluate(*expression));
  return values;
}

Value Interpreter::evaluate_dict(const Expression& expression) {
  auto dict = std::make_shared<Dict>();
  for (size_t i = 0; i < expression.children.size(); i += 2) {
    const Value key = evaluate(*expression.children[i]);
    dict->set(runtime_.budget, key, evaluate(*expression.children[i + 1]));
  }
  return Value(std::shared_ptr<const Dict>(std::move(dict)));
}

Arguments Interpreter::evaluate_arguments(const CallArguments& call) {
  Arguments arguments;
  arguments.positional = evaluate_all(call.positional);
  for (const auto& [name, expression] : call.named) {
    arguments.named.emplace_back(name, evaluate(*expression));
  }
  if (call.spread) {
    for (Value& item : collect(runtime_, evaluate(*call.spread))) {
      arguments.positional.push_back(std::move(item));
    }
  }
  if (call.spread_named) {
    const Value spread = evaluate(*call.spread_named);
    require_defined(spread);
    if (!spread.is(Kind::kDict)) {
      throw Failure(fmt::format("argument after ** must be a mapping, not {}", type_name(spread)));
    }
    for (const auto& [key, value] : spread.dict()->entries()) {
      if (!key.is(Kind::kText)) throw Failure("keywords must be strings");
      runtime_.budget.spend(1 + arguments.named.size() / 8);
      for (const auto& [name, other] : arguments.named) {
        if (name == key.bytes()) {
          throw Failure(fmt::format("got multiple values for keyword argument '{}'", name));
        }
      }
      arguments.named.emplace_back(key.bytes(), value);
    }
  }
  return arguments;
}

Value Interpreter::evaluate_call(const Expression& expression, const Value* caller) {
  const Expression& callee = *expression.children[0];
  const auto arguments_of_call = [&] {
    Arguments arguments = evaluate_arguments(expression.call);
    if (caller) arguments.named.emplace_back("caller", *caller);
    line_ = expression.line;
    return arguments;
  };
  Value function;
  if (callee.type == Type::kAttribute) {
    const Value self = evaluate(*callee.children[0]);
    if (const Function1 method = find_method(self, callee.text)) {
      return call_method(runtime_, method, self, arguments_of_call());
    }
    function = attribute_of(runtime_, self, callee.text);
  } else {
    function = evaluate(callee);
  }
  const Arguments arguments = arguments_of_call();
  require_defined(function);
  if (!function.is(Kind::kObject)) {
    throw Failure(fmt::format("'{}' object is not callable", type_name(function)));
  }
  return function.object()->call(arguments);
}

Value Interpreter::evaluate_filter(const Expression& expression) {
  // The innermost filter of a block has what the block printed before it.
  const Value value = expression.children[0] ? evaluate(*expression.children[0]) : *block_input_;
  const Arguments arguments = evaluate_arguments(expression.call);
  line_ = expression.line;
  return apply_filter(runtime_, expression.text, value, arguments);
}

Value Interpreter::evaluate_slice(const Expression& expression) {
  const Value value = evaluate(*expression.children[0]);
  std::optional<Value> bounds[3];
  for (size_t i = 0; i < 3; ++i) {
    if (expression.children[i + 1]) bounds[i] = evaluate(*expression.children[i + 1]);
  }
  const auto pointer = [&](size_t i) { return bounds[i] ? &*bounds[i] : nullptr; };
  return slice(runtime_, value, pointer(0), pointer(1), pointer(2));
}

Value Interpreter::evaluate_concatenation(const Expression& expression) {
  TrackedText text;
  for (const Value& part : evaluate_all(expression.children)) {
    text.append(to_text(runtime_.budget, part));
  }
  return text;
}

Value Interpreter::evaluate_conditional(const Expression& expression) {
  if (truthy(evaluate(*expression.children[0]))) return evaluate(*expression.children[1]);
  if (expression.children[2]) return evaluate(*expression.children[2]);
  return Value::undefined("the inline if-expression evaluated to false and has no else");
}

Value Interpreter::evaluate_comparison(const Expression& expression) {
  Value left = evaluate(*expression.children[0]);
  for (size_t i = 0; i < expression.operators.size(); ++i) {
    Value right = evaluate(*expression.children[i + 1]);
    line_ = expression.line;
    if (!comparison(runtime_, expression.operators[i], left, right)) return false;
    left = std::move(right);
  }
  return true;
}

}  // namespace twin::chat
