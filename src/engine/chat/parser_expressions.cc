#include <fmt/format.h>

#include <algorithm>

#include "engine/chat/parser_impl.h"

namespace twin::chat {

using Type = Expression::Type;

std::unique_ptr<Expression> Parser::make(Type type, size_t line) const {
  auto expression = std::make_unique<Expression>();
  expression->type = type;
  expression->line = line;
  return expression;
}

ExpressionPtr Parser::finish(std::unique_ptr<Expression> expression) const {
  size_t depth = 0;
  const auto count = [&](const ExpressionPtr& child) {
    if (child) depth = std::max(depth, child->depth);
  };
  for (const auto& child : expression->children) count(child);
  for (const auto& argument : expression->call.positional) count(argument);
  for (const auto& [name, argument] : expression->call.named) count(argument);
  count(expression->call.spread);
  count(expression->call.spread_named);
  if (depth >= kMaxTemplateDepth) {
    fail_at(expression->line,
            fmt::format("an expression nested deeper than the limit of {}", kMaxTemplateDepth));
  }
  expression->depth = depth + 1;
  return expression;
}

ExpressionPtr Parser::combine(Type type, size_t line, std::string text, ExpressionPtr left,
                              ExpressionPtr right) const {
  auto expression = make(type, line);
  expression->text = std::move(text);
  expression->children.push_back(std::move(left));
  if (right) expression->children.push_back(std::move(right));
  return finish(std::move(expression));
}

ExpressionPtr Parser::parse_expression(bool conditional) {
  return conditional ? parse_conditional() : parse_or();
}

ExpressionPtr Parser::parse_conditional() {
  const Nested nested(*this);
  const size_t line = peek().line;
  const size_t names_before = unknown_.size();
  ExpressionPtr value = parse_or();
  while (skip_name("if")) {
    auto conditional = make(Type::kConditional, line);
    conditional->children.push_back(parse_or());
    conditional->children.push_back(std::move(value));
    conditional->children.push_back(skip_name("else") ? parse_conditional() : nullptr);
    value = finish(std::move(conditional));
    for (size_t i = names_before; i < unknown_.size(); ++i) unknown_[i].soft = true;
  }
  return value;
}

ExpressionPtr Parser::parse_or() {
  const size_t line = peek().line;
  ExpressionPtr left = parse_and();
  while (skip_name("or")) {
    left = combine(Type::kLogicalOr, line, {}, std::move(left), parse_and());
  }
  return left;
}

ExpressionPtr Parser::parse_and() {
  const size_t line = peek().line;
  ExpressionPtr left = parse_not();
  while (skip_name("and")) {
    left = combine(Type::kLogicalAnd, line, {}, std::move(left), parse_not());
  }
  return left;
}

ExpressionPtr Parser::parse_not() {
  if (!peek().is_name("not")) return parse_comparison();
  const Nested nested(*this);
  const size_t line = next().line;
  return combine(Type::kLogicalNot, line, {}, parse_not(), nullptr);
}

ExpressionPtr Parser::parse_comparison() {
  static constexpr std::string_view kSigns[] = {"==", "!=", "<", "<=", ">", ">="};
  auto comparison = make(Type::kComparison, peek().line);
  comparison->children.push_back(parse_sum());
  while (true) {
    const Token& token = peek();
    if (token.is(Token::Type::kOp) &&
        std::find(std::begin(kSigns), std::end(kSigns), token.text) != std::end(kSigns)) {
      comparison->operators.push_back(next().text);
    } else if (skip_name("in")) {
      comparison->operators.push_back("in");
    } else if (token.is_name("not") && peek(1).is_name("in")) {
      next();
      next();
      comparison->operators.push_back("not in");
    } else {
      break;
    }
    comparison->children.push_back(parse_sum());
  }
  if (comparison->operators.empty()) return std::move(comparison->children[0]);
  return finish(std::move(comparison));
}

ExpressionPtr Parser::parse_sum() {
  const size_t line = peek().line;
  ExpressionPtr left = parse_concatenation();
  while (peek().is_op("+") || peek().is_op("-")) {
    std::string sign = next().text;
    left =
        combine(Type::kArithmetic, line, std::move(sign), std::move(left), parse_concatenation());
  }
  return left;
}

ExpressionPtr Parser::parse_concatenation() {
  auto parts = make(Type::kConcatenation, peek().line);
  parts->children.push_back(parse_product());
  while (skip_op("~")) parts->children.push_back(parse_product());
  if (parts->children.size() == 1) return std::move(parts->children[0]);
  return finish(std::move(parts));
}

ExpressionPtr Parser::parse_product() {
  const size_t line = peek().line;
  ExpressionPtr left = parse_power();
  while (peek().is_op("*") || peek().is_op("/") || peek().is_op("//") || peek().is_op("%")) {
    std::string sign = next().text;
    left = combine(Type::kArithmetic, line, std::move(sign), std::move(left), parse_power());
  }
  return left;
}

ExpressionPtr Parser::parse_power() {
  const size_t line = peek().line;
  ExpressionPtr left = parse_unary();
  while (skip_op("**")) {
    left = combine(Type::kArithmetic, line, "**", std::move(left), parse_unary());
  }
  return left;
}

ExpressionPtr Parser::parse_unary(bool filters) {
  const Nested nested(*this);
  const size_t line = peek().line;
  ExpressionPtr value;
  if (skip_op("-")) {
    value = combine(Type::kNegate, line, {}, parse_unary(false), nullptr);
  } else if (skip_op("+")) {
    value = combine(Type::kPlus, line, {}, parse_unary(false), nullptr);
  } else {
    value = parse_primary();
  }
  value = parse_postfix(std::move(value));
  return filters ? parse_filters_and_tests(std::move(value)) : std::move(value);
}

ExpressionPtr Parser::parse_primary() {
  const Token& token = peek();
  auto constant = make(Type::kConstant, token.line);
  switch (token.type) {
    case Token::Type::kName: {
      next();
      if (token.text == "true" || token.text == "True") {
        constant->constant = Value(true);
      } else if (token.text == "false" || token.text == "False") {
        constant->constant = Value(false);
      } else if (token.text == "none" || token.text == "None") {
        constant->constant = Value(None{});
      } else {
        constant->type = Type::kVariable;
        constant->id = intern(token.text);
        for (Function* function : functions_) {
          function->uses_caller |= token.text == "caller";
          function->uses_kwargs |= token.text == "kwargs";
          function->uses_varargs |= token.text == "varargs";
        }
      }
      return finish(std::move(constant));
    }
    case Token::Type::kText: {
      std::string text;
      while (peek().is(Token::Type::kText)) text += next().text;
      constant->constant = Value(TrackedText(text));
      return finish(std::move(constant));
    }
    case Token::Type::kInteger:
      constant->constant = Value(next().integer);
      return finish(std::move(constant));
    case Token::Type::kReal:
      constant->constant = Value(next().real);
      return finish(std::move(constant));
    default:
      break;
  }
  if (skip_op("(")) {
    ExpressionPtr tuple = parse_tuple(true, {}, true);
    expect_op(")");
    return tuple;
  }
  if (skip_op("[")) {
    auto list = make(Type::kList, token.line);
    while (!peek().is_op("]")) {
      if (!list->children.empty()) expect_op(",");
      if (peek().is_op("]")) break;
      list->children.push_back(parse_expression());
    }
    expect_op("]");
    return finish(std::move(list));
  }
  if (peek().is_op("{")) return parse_dict();
  fail(token.is(Token::Type::kEnd) ? "unexpected end of template"
                                   : fmt::format("unexpected '{}'", token.text));
}

ExpressionPtr Parser::parse_dict() {
  auto dict = make(Type::kDict, next().line);
  while (!peek().is_op("}")) {
    if (!dict->children.empty()) expect_op(",");
    if (peek().is_op("}")) break;
    dict->children.push_back(parse_expression());
    expect_op(":");
    dict->children.push_back(parse_expression());
  }
  expect_op("}");
  return finish(std::move(dict));
}

ExpressionPtr Parser::parse_tuple(bool conditional, std::string_view until, bool brackets) {
  auto tuple = make(Type::kTuple, peek().line);
  bool is_tuple = false;
  while (true) {
    if (!tuple->children.empty()) expect_op(",");
    const Token& token = peek();
    if (token.is(Token::Type::kVariableEnd) || token.is(Token::Type::kBlockEnd) ||
        token.is_op(")") || (!until.empty() && token.is_name(until))) {
      break;
    }
    tuple->children.push_back(parse_expression(conditional));
    if (!peek().is_op(",")) break;
    is_tuple = true;
  }
  if (!is_tuple) {
    if (!tuple->children.empty()) return std::move(tuple->children[0]);
    if (!brackets) fail("expected an expression");
  }
  return finish(std::move(tuple));
}

ExpressionPtr Parser::parse_postfix(ExpressionPtr base) {
  while (true) {
    if (peek().is_op(".") || peek().is_op("[")) {
      base = parse_subscript(std::move(base));
    } else if (peek().is_op("(")) {
      base = parse_call(std::move(base));
    } else {
      return base;
    }
  }
}

ExpressionPtr Parser::parse_filters_and_tests(ExpressionPtr base) {
  while (true) {
    if (skip_op("|")) {
      base = parse_filter(std::move(base));
    } else if (peek().is_name("is")) {
      base = parse_test(std::move(base));
    } else if (peek().is_op("(")) {
      base = parse_call(std::move(base));
    } else {
      return base;
    }
  }
}

ExpressionPtr Parser::parse_subscript(ExpressionPtr base) {
  const size_t line = peek().line;
  if (skip_op(".")) {
    const Token& token = next();
    if (token.is(Token::Type::kName)) {
      return combine(Type::kAttribute, line, token.text, std::move(base), nullptr);
    }
    if (!token.is(Token::Type::kInteger)) fail_at(token.line, "expected a name or number");
    auto index = make(Type::kConstant, token.line);
    index->constant = Value(token.integer);
    return combine(Type::kSubscript, line, {}, std::move(base), finish(std::move(index)));
  }
  next();
  ExpressionPtr result = parse_subscripted(std::move(base));
  expect_op("]");
  return result;
}

// What is between the brackets of base[...].
ExpressionPtr Parser::parse_subscripted(ExpressionPtr base) {
  const size_t line = peek().line;
  const auto ends = [&] { return peek().is_op("]") || peek().is_op(",") || peek().is_op(":"); };
  ExpressionPtr first;
  if (!peek().is_op(":")) {
    auto tuple = make(Type::kTuple, line);
    bool is_tuple = peek().is_op("]");
    while (!peek().is_op("]")) {
      if (!tuple->children.empty()) {
        expect_op(",");
        is_tuple = true;
      }
      tuple->children.push_back(parse_expression());
      if (peek().is_op(":")) break;
    }
    if (!peek().is_op(":")) {
      ExpressionPtr index = is_tuple ? finish(std::move(tuple)) : std::move(tuple->children[0]);
      return combine(Type::kSubscript, line, {}, std::move(base), std::move(index));
    }
    if (is_tuple) fail("slices in several dimensions are not supported");
    first = std::move(tuple->children[0]);
  }
  auto slice = make(Type::kSlice, line);
  slice->children.push_back(std::move(base));
  slice->children.push_back(std::move(first));
  for (int i = 0; i < 2; ++i) {
    slice->children.push_back(skip_op(":") && !ends() ? parse_expression() : nullptr);
  }
  return finish(std::move(slice));
}

CallArguments Parser::parse_arguments() {
  const size_t line = peek().line;
  CallArguments arguments;
  const auto ensure = [&](bool fine) {
    if (!fine) fail_at(line, "invalid syntax for function call expression");
  };
  expect_op("(");
  bool first = true;
  while (!peek().is_op(")")) {
    if (!first) {
      expect_op(",");
      if (peek().is_op(")")) break;
    }
    first = false;
    if (skip_op("*")) {
      ensure(!arguments.spread && !arguments.spread_named);
      arguments.spread = parse_expression();
    } else if (skip_op("**")) {
      ensure(!arguments.spread_named);
      arguments.spread_named = parse_expression();
    } else if (peek().is(Token::Type::kName) && peek(1).is_op("=")) {
      ensure(!arguments.spread_named);
      std::string name = next().text;
      next();
      for (const auto& [other, value] : arguments.named) ensure(other != name);
      ExpressionPtr value = parse_expression();
      arguments.named.emplace_back(std::move(name), std::move(value));
    } else {
      ensure(!arguments.spread && !arguments.spread_named && arguments.named.empty());
      arguments.positional.push_back(parse_expression());
    }
  }
  expect_op(")");
  return arguments;
}

ExpressionPtr Parser::parse_call(ExpressionPtr base) {
  auto call = make(Type::kCall, peek().line);
  call->children.push_back(std::move(base));
  call->call = parse_arguments();
  return finish(std::move(call));
}

std::string Parser::parse_dotted_name() {
  std::string name = expect_any_name();
  while (skip_op(".")) name += '.' + expect_any_name();
  return name;
}

void Parser::check_known(bool filter, size_t line, const std::string& name) {
  if (filter ? known_.filter(name) : known_.test(name)) return;
  unknown_.push_back(
      {line, fmt::format("no {} named '{}'", filter ? "filter" : "test", name), soft_ > 0});
}

// What follows "|".
ExpressionPtr Parser::parse_filter(ExpressionPtr base) {
  auto filter = make(Type::kFilter, peek().line);
  filter->text = parse_dotted_name();
  check_known(true, filter->line, filter->text);
  filter->children.push_back(std::move(base));
  if (peek().is_op("(")) filter->call = parse_arguments();
  return finish(std::move(filter));
}

ExpressionPtr Parser::parse_filter_chain(ExpressionPtr base) {
  while (skip_op("|")) base = parse_filter(std::move(base));
  return base;
}

ExpressionPtr Parser::parse_test(ExpressionPtr base) {
  auto test = make(Type::kTest, next().line);
  const bool negated = skip_name("not");
  test->text = parse_dotted_name();
  check_known(false, test->line, test->text);
  test->children.push_back(std::move(base));
  const Token& token = peek();
  const bool has_argument = token.is(Token::Type::kName) || token.is(Token::Type::kText) ||
                            token.is(Token::Type::kInteger) || token.is(Token::Type::kReal) ||
                            token.is_op("[") || token.is_op("{");
  if (token.is_op("(")) {
    test->call = parse_arguments();
  } else if (has_argument && !token.is_name("else") && !token.is_name("or") &&
             !token.is_name("and")) {
    if (token.is_name("is")) fail("tests cannot be chained with 'is'");
    test->call.positional.push_back(parse_postfix(parse_primary()));
  }
  ExpressionPtr result = finish(std::move(test));
  if (!negated) return result;
  const size_t line = result->line;
  return combine(Type::kLogicalNot, line, {}, std::move(result), nullptr);
}

}  // namespace twin::chat
