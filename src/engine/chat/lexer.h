#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace twin::chat {

// A template that cannot be read: which line, why.
struct SyntaxFailure {
  size_t line = 0;
  std::string reason;
};

struct Token {
  enum class Type {
    kData,
    kVariableBegin,
    kVariableEnd,
    kBlockBegin,
    kBlockEnd,
    kName,
    kText,
    kInteger,
    kReal,
    kOp,
    kEnd
  };
  Type type = Type::kEnd;
  size_t line = 1;
  std::string text;  // of data, names and operators; a string literal's value
  int64_t integer = 0;
  double real = 0;

  bool is(Type wanted) const { return type == wanted; }
  bool is_op(std::string_view sign) const { return type == Type::kOp && text == sign; }
  bool is_name(std::string_view name) const { return type == Type::kName && text == name; }
};

// Cuts a template into tokens as Jinja 3 does with trim_blocks and lstrip_blocks: comments and raw
// blocks are gone, whitespace control is applied. The last token is `end`.
// Errors: SyntaxFailure.
std::vector<Token> tokenize_template(std::string_view source);

}  // namespace twin::chat
