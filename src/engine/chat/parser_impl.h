#pragma once

#include <unordered_map>

#include "engine/chat/parser.h"

namespace twin::chat {

// A recursive-descent parser with Jinja's own precedences; one method per construct. Statements are
// in parser.cc, expressions in parser_expressions.cc.
class Parser {
 public:
  Parser(std::string_view source, const KnownNames& known);
  Template run();

 private:
  // Counts nesting while it lives.
  class Nested {
   public:
    explicit Nested(Parser& parser);
    ~Nested() { --parser_.nesting_; }
    Nested(const Nested&) = delete;
    Nested& operator=(const Nested&) = delete;

   private:
    Parser& parser_;
  };
  // A filter or test whose name is not known: an error only if it is not part of an `if`, where
  // Jinja leaves it to the moment it is used.
  struct Unknown {
    size_t line = 0;
    std::string reason;
    bool soft = false;
  };
  using Ends = std::vector<std::string_view>;

  [[noreturn]] void fail(std::string reason) const { fail_at(peek().line, std::move(reason)); }
  [[noreturn]] static void fail_at(size_t line, std::string reason);
  const Token& peek(size_t ahead = 0) const;
  const Token& next();
  bool skip_op(std::string_view sign);
  bool skip_name(std::string_view name);
  void expect_op(std::string_view sign);
  void expect_name(std::string_view name);
  void expect(Token::Type type, std::string_view what);
  std::string expect_any_name();
  NameId intern(const std::string& name);

  Body parse_body(const Ends& ends);
  Body parse_block(const Ends& ends);
  void parse_statement(Body& body);
  void parse_for(Body& body);
  void parse_if(Body& body);
  void parse_set(Body& body);
  void parse_macro(Body& body);
  void parse_call_block(Body& body);
  void parse_filter_block(Body& body);
  void parse_with(Body& body);
  void parse_generation(Body& body);
  void parse_print(Body& body);
  void parse_loop_control(Body& body);
  void parse_signature(Function& function);
  void parse_function_body(Function& function, std::string_view end);
  Target parse_target(bool attributes);
  Target parse_single_target(bool attributes);

  ExpressionPtr parse_expression(bool conditional = true);
  ExpressionPtr parse_conditional();
  ExpressionPtr parse_or();
  ExpressionPtr parse_and();
  ExpressionPtr parse_not();
  ExpressionPtr parse_comparison();
  ExpressionPtr parse_sum();
  ExpressionPtr parse_concatenation();
  ExpressionPtr parse_product();
  ExpressionPtr parse_power();
  ExpressionPtr parse_unary(bool filters = true);
  ExpressionPtr parse_primary();
  ExpressionPtr parse_postfix(ExpressionPtr base);
  ExpressionPtr parse_filters_and_tests(ExpressionPtr base);
  ExpressionPtr parse_filter(ExpressionPtr base);
  ExpressionPtr parse_filter_chain(ExpressionPtr base);
  ExpressionPtr parse_test(ExpressionPtr base);
  ExpressionPtr parse_call(ExpressionPtr base);
  ExpressionPtr parse_subscript(ExpressionPtr base);
  ExpressionPtr parse_subscripted(ExpressionPtr base);
  ExpressionPtr parse_dict();
  // `a, b` is a tuple; `until` ends one that is not in brackets.
  ExpressionPtr parse_tuple(bool conditional, std::string_view until, bool brackets);
  CallArguments parse_arguments();
  std::string parse_dotted_name();
  void check_known(bool filter, size_t line, const std::string& name);

  std::unique_ptr<Expression> make(Expression::Type type, size_t line) const;
  // Sets the depth; every expression goes through here.
  ExpressionPtr finish(std::unique_ptr<Expression> expression) const;
  ExpressionPtr combine(Expression::Type type, size_t line, std::string text, ExpressionPtr left,
                        ExpressionPtr right) const;

  const KnownNames& known_;
  std::vector<Token> tokens_;
  size_t at_ = 0;
  size_t nesting_ = 0;
  size_t loops_ = 0;      // that a break here could leave
  size_t any_loops_ = 0;  // around here, macros or not
  size_t soft_ = 0;       // 1 directly inside an `if`
  std::vector<Unknown> unknown_;
  std::vector<Function*> functions_;
  Template template_;
  std::unordered_map<std::string, NameId> ids_;
};

}  // namespace twin::chat
