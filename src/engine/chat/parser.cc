#include "engine/chat/parser.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/chat/parser_impl.h"

namespace twin::chat {
namespace {

std::string describe(const Token& token) {
  switch (token.type) {
    case Token::Type::kData:
      return "template data / text";
    case Token::Type::kVariableBegin:
      return "begin of print statement";
    case Token::Type::kVariableEnd:
      return "end of print statement";
    case Token::Type::kBlockBegin:
      return "begin of statement block";
    case Token::Type::kBlockEnd:
      return "end of statement block";
    case Token::Type::kText:
      return "string";
    case Token::Type::kInteger:
      return "integer";
    case Token::Type::kReal:
      return "float";
    case Token::Type::kEnd:
      return "end of template";
    default:
      return token.text;
  }
}

std::unique_ptr<Statement> make_statement(Statement::Type type, size_t line) {
  auto statement = std::make_unique<Statement>();
  statement->type = type;
  statement->line = line;
  return statement;
}

// Sets a counter for as long as it lives.
class Scoped {
 public:
  Scoped(size_t& place, size_t value) : place_(place), before_(place) { place = value; }
  ~Scoped() { place_ = before_; }
  Scoped(const Scoped&) = delete;
  Scoped& operator=(const Scoped&) = delete;

 private:
  size_t& place_;
  size_t before_;
};

}  // namespace

Parser::Nested::Nested(Parser& parser) : parser_(parser) {
  if (parser_.nesting_ >= kMaxTemplateDepth) {
    parser_.fail(fmt::format("nested deeper than the limit of {}", kMaxTemplateDepth));
  }
  ++parser_.nesting_;
}

Parser::Parser(std::string_view source, const KnownNames& known)
    : known_(known), tokens_(tokenize_template(source)) {}

Template Parser::run() {
  template_.body = parse_body({});
  for (Unknown& unknown : unknown_) {
    if (!unknown.soft) fail_at(unknown.line, std::move(unknown.reason));
  }
  return std::move(template_);
}

void Parser::fail_at(size_t line, std::string reason) {
  throw SyntaxFailure{line, std::move(reason)};
}

const Token& Parser::peek(size_t ahead) const {
  return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
}

const Token& Parser::next() {
  const Token& token = peek();
  ++at_;
  return token;
}

bool Parser::skip_op(std::string_view sign) {
  if (!peek().is_op(sign)) return false;
  next();
  return true;
}

bool Parser::skip_name(std::string_view name) {
  if (!peek().is_name(name)) return false;
  next();
  return true;
}

void Parser::expect_op(std::string_view sign) {
  if (!skip_op(sign)) fail(fmt::format("expected '{}', got '{}'", sign, describe(peek())));
}

void Parser::expect_name(std::string_view name) {
  if (!skip_name(name)) fail(fmt::format("expected '{}', got '{}'", name, describe(peek())));
}

void Parser::expect(Token::Type type, std::string_view what) {
  if (!peek().is(type)) fail(fmt::format("expected '{}', got '{}'", what, describe(peek())));
  next();
}

std::string Parser::expect_any_name() {
  if (!peek().is(Token::Type::kName)) {
    fail(fmt::format("expected a name, got '{}'", describe(peek())));
  }
  return next().text;
}

NameId Parser::intern(const std::string& name) {
  const auto [found, added] = ids_.emplace(name, template_.names.size());
  if (added) template_.names.push_back(name);
  return found->second;
}

// Up to, and not with, a tag that begins with one of `ends`.
Body Parser::parse_body(const Ends& ends) {
  const Nested nested(*this);
  Body body;
  while (true) {
    const Token& token = peek();
    switch (token.type) {
      case Token::Type::kEnd:
        if (ends.empty()) return body;
        fail(fmt::format("unexpected end of template: '{}' is missing", ends.back()));
      case Token::Type::kData: {
        auto statement = make_statement(Statement::Type::kText, token.line);
        statement->text = TrackedText(token.text);
        body.push_back(std::move(statement));
        next();
        break;
      }
      case Token::Type::kVariableBegin: {
        next();
        auto statement = make_statement(Statement::Type::kOutput, token.line);
        statement->expression = parse_tuple(true, {}, false);
        expect(Token::Type::kVariableEnd, "end of print statement");
        body.push_back(std::move(statement));
        break;
      }
      default:
        next();  // block_begin: nothing else comes from the lexer here
        for (const std::string_view end : ends) {
          if (peek().is_name(end)) return body;
        }
        parse_statement(body);
        expect(Token::Type::kBlockEnd, "end of statement block");
    }
  }
}

// The end of a tag, and what follows up to one of `ends`.
Body Parser::parse_block(const Ends& ends) {
  skip_op(":");
  expect(Token::Type::kBlockEnd, "end of statement block");
  return parse_body(ends);
}

void Parser::parse_statement(Body& body) {
  const Token& token = peek();
  if (!token.is(Token::Type::kName)) fail("tag name expected");
  using Method = void (Parser::*)(Body&);
  static const std::unordered_map<std::string_view, Method> kStatements = {
      {"for", &Parser::parse_for},
      {"if", &Parser::parse_if},
      {"set", &Parser::parse_set},
      {"macro", &Parser::parse_macro},
      {"call", &Parser::parse_call_block},
      {"filter", &Parser::parse_filter_block},
      {"with", &Parser::parse_with},
      {"print", &Parser::parse_print},
      {"generation", &Parser::parse_generation},
      {"break", &Parser::parse_loop_control},
      {"continue", &Parser::parse_loop_control}};
  const auto found = kStatements.find(token.text);
  if (found == kStatements.end()) {
    static constexpr std::string_view kOfJinja[] = {"block",  "extends",    "include",
                                                    "import", "autoescape", "from"};
    const bool known =
        std::find(std::begin(kOfJinja), std::end(kOfJinja), token.text) != std::end(kOfJinja);
    fail(known ? fmt::format("the tag '{}' is not supported in chat templates", token.text)
               : fmt::format("unknown tag '{}'", token.text));
  }
  (this->*found->second)(body);
}

void Parser::parse_for(Body& body) {
  auto loop = make_statement(Statement::Type::kLoop, next().line);
  const Scoped no_soft(soft_, 0);
  loop->target = parse_target(false);
  expect_name("in");
  loop->expression = parse_tuple(false, "recursive", false);
  if (skip_name("if")) loop->condition = parse_expression();
  loop->recursive = skip_name("recursive");
  {
    const Scoped loops(loops_, loops_ + 1), any(any_loops_, any_loops_ + 1);
    // A target may not be called "loop" either.
    const auto check = [&](const Target& target, const auto& self) -> void {
      if (target.type == Target::Type::kName && template_.names[target.id] == "loop") {
        fail("the special variable 'loop' cannot be assigned to");
      }
      for (const Target& part : target.parts) self(part, self);
    };
    check(loop->target, check);
    loop->body = parse_block({"else", "endfor"});
  }
  if (next().text == "else") {
    loop->otherwise = parse_block({"endfor"});
    next();
  }
  body.push_back(std::move(loop));
}

void Parser::parse_if(Body& body) {
  auto branch = make_statement(Statement::Type::kBranch, next().line);
  const Scoped soft(soft_, 1);
  while (true) {
    branch->conditions.push_back(parse_tuple(false, {}, false));
    branch->bodies.push_back(parse_block({"elif", "else", "endif"}));
    const std::string& end = next().text;
    if (end == "elif") continue;
    if (end == "else") {
      branch->bodies.push_back(parse_block({"endif"}));
      next();
    }
    break;
  }
  body.push_back(std::move(branch));
}

void Parser::parse_set(Body& body) {
  const size_t line = next().line;
  Target target = parse_target(true);
  if (skip_op("=")) {
    auto assign = make_statement(Statement::Type::kAssign, line);
    assign->target = std::move(target);
    assign->expression = parse_tuple(true, {}, false);
    body.push_back(std::move(assign));
    return;
  }
  auto assign = make_statement(Statement::Type::kAssignBlock, line);
  assign->target = std::move(target);
  const Scoped no_soft(soft_, 0);
  assign->expression = parse_filter_chain(nullptr);
  assign->body = parse_block({"endset"});
  next();
  body.push_back(std::move(assign));
}

void Parser::parse_signature(Function& function) {
  expect_op("(");
  while (!peek().is_op(")")) {
    if (!function.parameters.empty()) expect_op(",");
    const std::string name = expect_any_name();
    function.parameters.push_back(intern(name));
    function.parameter_names.push_back(name);
    if (skip_op("=")) {
      function.defaults.push_back(parse_expression());
    } else if (!function.defaults.empty()) {
      fail("non-default argument follows default argument");
    }
  }
  expect_op(")");
}

void Parser::parse_function_body(Function& function, std::string_view end) {
  functions_.push_back(&function);
  const Scoped no_loops(loops_, 0);
  const Scoped no_soft(soft_, 0);
  function.body = parse_block({end});
  next();
  functions_.pop_back();
  const auto& names = function.parameter_names;
  const auto caller = std::find(names.begin(), names.end(), "caller");
  const auto index = static_cast<size_t>(caller - names.begin());
  if (caller != names.end() && function.uses_caller &&
      index < names.size() - function.defaults.size()) {
    fail("the special parameter 'caller' must be omitted or be given a default");
  }
}

void Parser::parse_macro(Body& body) {
  auto macro = make_statement(Statement::Type::kMacro, next().line);
  macro->function.name = expect_any_name();
  macro->target.id = intern(macro->function.name);
  parse_signature(macro->function);
  parse_function_body(macro->function, "endmacro");
  body.push_back(std::move(macro));
}

void Parser::parse_call_block(Body& body) {
  auto block = make_statement(Statement::Type::kCallBlock, next().line);
  if (peek().is_op("(")) parse_signature(block->function);
  block->expression = parse_expression();
  if (block->expression->type != Expression::Type::kCall) fail("expected a call");
  parse_function_body(block->function, "endcall");
  body.push_back(std::move(block));
}

void Parser::parse_filter_block(Body& body) {
  auto block = make_statement(Statement::Type::kFilterBlock, next().line);
  const Scoped no_soft(soft_, 0);
  block->expression = parse_filter_chain(parse_filter(nullptr));
  block->body = parse_block({"endfilter"});
  next();
  body.push_back(std::move(block));
}

void Parser::parse_with(Body& body) {
  auto block = make_statement(Statement::Type::kWith, next().line);
  const Scoped no_soft(soft_, 0);
  while (!peek().is(Token::Type::kBlockEnd)) {
    if (!block->targets.empty()) expect_op(",");
    block->targets.push_back(parse_single_target(false));
    expect_op("=");
    block->values.push_back(parse_expression());
  }
  block->body = parse_block({"endwith"});
  next();
  body.push_back(std::move(block));
}

void Parser::parse_generation(Body& body) {
  auto block = make_statement(Statement::Type::kGeneration, next().line);
  const Scoped no_loops(loops_, 0);
  const Scoped no_soft(soft_, 0);
  block->body = parse_block({"endgeneration"});
  next();
  body.push_back(std::move(block));
}

void Parser::parse_print(Body& body) {
  next();
  bool first = true;
  while (!peek().is(Token::Type::kBlockEnd)) {
    if (!first) expect_op(",");
    first = false;
    auto output = make_statement(Statement::Type::kOutput, peek().line);
    output->expression = parse_expression();
    body.push_back(std::move(output));
  }
}

void Parser::parse_loop_control(Body& body) {
  const Token& token = next();
  if (loops_ == 0) fail_at(token.line, fmt::format("'{}' outside of a loop", token.text));
  const bool leaves = token.text == "break";
  body.push_back(make_statement(
      leaves ? Statement::Type::kBreakLoop : Statement::Type::kContinueLoop, token.line));
}

// `a`, `a, b`, `(a, b)`; also `a.b` where `attributes` allows it.
Target Parser::parse_target(bool attributes) {
  Target target = parse_single_target(attributes);
  if (!peek().is_op(",")) return target;
  Target tuple;
  tuple.type = Target::Type::kTuple;
  tuple.parts.push_back(std::move(target));
  while (skip_op(",")) {
    if (!peek().is(Token::Type::kName) && !peek().is_op("(")) break;
    if (peek().is_name("in") && !attributes) break;
    tuple.parts.push_back(parse_single_target(attributes));
  }
  return tuple;
}

Target Parser::parse_single_target(bool attributes) {
  const Nested nested(*this);
  Target target;
  if (skip_op("(")) {
    target = parse_target(false);
    expect_op(")");
    return target;
  }
  const std::string name = expect_any_name();
  static constexpr std::string_view kConstants[] = {"true", "True",  "false",
                                                    "None", "False", "none"};
  if (std::find(std::begin(kConstants), std::end(kConstants), name) != std::end(kConstants)) {
    fail(fmt::format("can't assign to '{}'", name));
  }
  target.id = intern(name);
  if (attributes && skip_op(".")) {
    target.type = Target::Type::kAttribute;
    target.attribute = expect_any_name();
  } else if (name == "loop" && any_loops_ > 0) {
    fail("the special variable 'loop' cannot be assigned to");
  }
  return target;
}

Template parse_template(std::string_view source, const KnownNames& known) {
  return Parser(source, known).run();
}

}  // namespace twin::chat
