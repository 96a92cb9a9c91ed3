#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace twin {

// Code points [low, high].
struct CodePoints {
  uint32_t low, high;
};

// A context-free grammar over code points, as read from GBNF:
//
//   root  ::= item ("," ws item)* # rules are name ::= choices, the first symbol is root
//   item  ::= [a-z_] [^"\\]{0,8} | "literal\n\x41\u00e9\U0001F642" | .
//   ws    ::= [ \t]?
//
// A rule ends with its line, but inside parentheses, behind ::= and around |. Source of the
// notation: llama.cpp's grammars/README.md.
struct Grammar {
  enum class Kind { kLiteral, kChars, kSequence, kChoice, kRepeat, kRule };
  static constexpr size_t kNoMax = SIZE_MAX;

  struct Node {
    Kind kind;
    size_t line;
    std::string literal = {};             // kLiteral: UTF-8
    std::vector<CodePoints> chars = {};   // kChars: sorted, disjoint, no surrogates
    std::vector<uint32_t> children = {};  // kSequence, kChoice: any number; kRepeat: one
    size_t min = 0, max = 0;              // kRepeat
    uint32_t rule = 0;                    // kRule
  };
  struct Rule {
    std::string name;
    size_t line = 0;
    uint32_t node = 0;
  };

  std::vector<Node> nodes;
  std::vector<Rule> rules;
  uint32_t root = 0;  // the rule an output is
};

struct GrammarLimits {
  size_t max_bytes = size_t{4} << 20;
  size_t max_depth = 200;       // of parentheses
  size_t max_repeat = 100'000;  // the greatest m or n of {m,n}
};

// Reads GBNF. Hostile input. Errors: kBadInput with `where`, the line and the reason: syntax, a
// rule that is not defined or defined twice, no root, more than a limit allows.
Grammar parse_grammar(std::string_view text, std::string_view where, GrammarLimits limits = {});

// Sorted, merged, without what is no character (surrogates, beyond U+10FFFF).
std::vector<CodePoints> normalize(std::vector<CodePoints> chars);
// All other characters.
std::vector<CodePoints> complement(const std::vector<CodePoints>& chars);
// Appends a code point as UTF-8.
void append_utf8(uint32_t code_point, std::string& text);

}  // namespace twin
