#include "engine/generate/grammar.h"

#include <fmt/format.h>

#include <unordered_map>

#include "base/error.h"

namespace twin {
namespace {

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

class Parser {
 public:
  Parser(std::string_view text, std::string_view where, const GrammarLimits& limits)
      : text_(text), where_(where), limits_(limits) {
    if (text.size() > limits.max_bytes) {
      throw Error(ErrorCode::kBadInput, fmt::format("{}: the grammar has {} bytes; at most {} are "
                                                    "taken",
                                                    where, text.size(), limits.max_bytes));
    }
  }

  Grammar read() {
    skip_space(true);
    while (at_ < text_.size()) read_rule();
    for (const Grammar::Rule& rule : grammar_.rules) {
      if (rule.node == kUndefined) {
        line_ = rule.line;
        fail(fmt::format("rule '{}' is used but not defined", rule.name));
      }
    }
    const auto root = names_.find("root");
    if (root == names_.end()) fail("there is no rule named 'root'");
    grammar_.root = root->second;
    return std::move(grammar_);
  }

 private:
  static constexpr uint32_t kUndefined = UINT32_MAX;

  [[noreturn]] void fail(const std::string& reason) const {
    throw Error(ErrorCode::kBadInput, fmt::format("{}, line {}: {}", where_, line_, reason));
  }

  char peek(size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  bool at_end() const { return at_ >= text_.size(); }
  std::string found() const {
    if (at_end()) return "the end";
    const auto c = static_cast<unsigned char>(peek());
    return c == '\n' || c == '\r'  ? std::string("the end of the line")
           : c >= 0x20 && c < 0x7F ? fmt::format("'{}'", peek())
                                   : fmt::format("byte 0x{:02X}", c);
  }

  void skip_space(bool newlines) {
    while (!at_end()) {
      const char c = peek();
      if (c == '#') {
        while (!at_end() && peek() != '\n' && peek() != '\r') ++at_;
      } else if (c == ' ' || c == '\t') {
        ++at_;
      } else if (newlines && (c == '\n' || c == '\r')) {
        line_ += c == '\n';
        ++at_;
      } else {
        return;
      }
    }
  }

  std::string read_name() {
    const size_t begin = at_;
    while (is_name(peek())) ++at_;
    if (at_ == begin) fail(fmt::format("a rule's name is expected, {} was found", found()));
    return std::string(text_.substr(begin, at_ - begin));
  }

  uint32_t rule_index(const std::string& name) {
    const auto [it, is_new] =
        names_.try_emplace(name, static_cast<uint32_t>(grammar_.rules.size()));
    if (is_new) grammar_.rules.push_back({name, line_, kUndefined});
    return it->second;
  }

  uint32_t add(Grammar::Node node) {
    grammar_.nodes.push_back(std::move(node));
    return static_cast<uint32_t>(grammar_.nodes.size() - 1);
  }

  void read_rule() {
    const std::string name = read_name();
    const uint32_t rule = rule_index(name);
    if (grammar_.rules[rule].node != kUndefined) {
      fail(fmt::format("rule '{}' is defined a second time (first in line {})", name,
                       grammar_.rules[rule].line));
    }
    grammar_.rules[rule].line = line_;
    skip_space(false);
    if (text_.substr(at_, 3) != "::=") {
      fail(fmt::format("'::=' is expected behind '{}', {} was found", name, found()));
    }
    at_ += 3;
    skip_space(true);
    const uint32_t node = read_choice(0);
    grammar_.rules[rule].node = node;
    if (!at_end() && peek() != '\n' && peek() != '\r') {
      fail(fmt::format("the end of the rule is expected, {} was found", found()));
    }
    skip_space(true);
  }

  uint32_t read_choice(size_t depth) {
    if (depth > limits_.max_depth) {
      fail(fmt::format("parentheses are nested more than {} deep", limits_.max_depth));
    }
    const size_t line = line_;
    std::vector<uint32_t> choices = {read_sequence(depth)};
    while (next_is_choice(depth > 0)) {
      ++at_;
      skip_space(true);
      choices.push_back(read_sequence(depth));
    }
    if (choices.size() == 1) return choices[0];
    return add({.kind = Grammar::Kind::kChoice, .line = line, .children = std::move(choices)});
  }

  // A choice may go on in the next line with '|'.
  bool next_is_choice(bool nested) {
    skip_space(nested);
    if (peek() == '|') return true;
    const size_t at = at_, line = line_;
    skip_space(true);
    if (peek() == '|') return true;
    at_ = at;
    line_ = line;
    return false;
  }

  uint32_t read_sequence(size_t depth) {
    const size_t line = line_;
    std::vector<uint32_t> items;
    while (true) {
      skip_space(depth > 0);
      const char c = peek();
      uint32_t item;
      if (c == '"') {
        item = read_literal();
      } else if (c == '[') {
        item = read_class();
      } else if (c == '.') {
        ++at_;
        item = add({.kind = Grammar::Kind::kChars, .line = line_, .chars = complement({})});
      } else if (c == '(') {
        ++at_;
        skip_space(true);
        item = read_choice(depth + 1);
        skip_space(true);
        if (peek() != ')') fail(fmt::format("')' is expected, {} was found", found()));
        ++at_;
      } else if (is_name(c) && !at_end()) {
        // read_name() comes first: the index may move the nodes.
        const std::string name = read_name();
        item = add({.kind = Grammar::Kind::kRule, .line = line_, .rule = rule_index(name)});
      } else {
        break;
      }
      items.push_back(read_repeats(item));
    }
    if (items.size() == 1) return items[0];
    return add({.kind = Grammar::Kind::kSequence, .line = line, .children = std::move(items)});
  }

  uint32_t read_repeats(uint32_t item) {
    for (size_t count = 0;; ++count) {
      skip_space(false);
      size_t min = 0, max = Grammar::kNoMax;
      const char c = peek();
      if (c == '*') {
        ++at_;
      } else if (c == '+') {
        min = 1;
        ++at_;
      } else if (c == '?') {
        max = 1;
        ++at_;
      } else if (c == '{') {
        read_bounds(min, max);
      } else {
        return item;
      }
      if (count == limits_.max_depth) fail("too many repetitions of repetitions");
      item = add({.kind = Grammar::Kind::kRepeat,
                  .line = line_,
                  .children = {item},
                  .min = min,
                  .max = max});
    }
  }

  void read_bounds(size_t& min, size_t& max) {
    ++at_;
    skip_space(false);
    const bool no_min = peek() == ',';
    min = no_min ? 0 : read_number();
    max = min;
    skip_space(false);
    if (peek() == ',') {
      ++at_;
      skip_space(false);
      max = peek() == '}' && !no_min ? Grammar::kNoMax : read_number();
      skip_space(false);
    }
    if (peek() != '}') fail(fmt::format("'}}' is expected, {} was found", found()));
    ++at_;
    if (max < min) fail(fmt::format("{{{},{}}} ends before it begins", min, max));
  }

  size_t read_number() {
    if (peek() < '0' || peek() > '9') {
      fail(fmt::format("a number is expected, {} was found", found()));
    }
    size_t value = 0;
    for (; peek() >= '0' && peek() <= '9'; ++at_) {
      value = value * 10 + static_cast<size_t>(peek() - '0');
      if (value > limits_.max_repeat) {
        fail(fmt::format("a repetition of more than {} is too large", limits_.max_repeat));
      }
    }
    return value;
  }

  uint32_t read_hex(size_t digits) {
    uint32_t value = 0;
    for (size_t i = 0; i < digits; ++i, ++at_) {
      const char c = peek();
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) fail(fmt::format("{} hexadecimal digits are expected", digits));
      value = value * 16 + static_cast<uint32_t>(digit);
    }
    if (value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) {
      fail(fmt::format("U+{:04X} is no character", value));
    }
    return value;
  }

  // One character of a literal or class, escapes resolved.
  uint32_t read_char() {
    if (at_end() || peek() == '\n' || peek() == '\r') {
      fail(fmt::format("{} inside a literal or class; it must be closed in its line", found()));
    }
    if (peek() == '\\') {
      at_ += 2;
      const char c = at_ <= text_.size() ? text_[at_ - 1] : '\0';
      switch (c) {
        case 'n':
          return '\n';
        case 't':
          return '\t';
        case 'r':
          return '\r';
        case 'x':
          return read_hex(2);
        case 'u':
          return read_hex(4);
        case 'U':
          return read_hex(8);
        case '"':
        case '\\':
        case '[':
        case ']':
        case '-':
        case '^':
        case '/':
          return static_cast<unsigned char>(c);
        default:
          --at_;
          fail(fmt::format("unknown escape: \\ and {}", found()));
      }
    }
    return read_utf8();
  }

  uint32_t read_utf8() {
    const auto first = static_cast<unsigned char>(peek());
    const size_t length = first < 0x80   ? 1
                          : first < 0xC2 ? 0
                          : first < 0xE0 ? 2
                          : first < 0xF0 ? 3
                          : first < 0xF5 ? 4
                                         : 0;
    if (length == 0) fail(fmt::format("{} is not UTF-8", found()));
    uint32_t value = length == 1 ? first : first & (0x7Fu >> length);
    for (size_t i = 1; i < length; ++i) {
      const auto next = static_cast<unsigned char>(peek(i));
      if ((next & 0xC0) != 0x80) fail(fmt::format("{} begins what is not UTF-8", found()));
      value = value << 6 | (next & 0x3F);
    }
    const uint32_t least = length == 3 ? 0x800 : length == 4 ? 0x10000 : 0;
    if (value < least || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) {
      fail(fmt::format("{} begins what is not UTF-8", found()));
    }
    at_ += length;
    return value;
  }

  uint32_t read_literal() {
    ++at_;
    Grammar::Node node{.kind = Grammar::Kind::kLiteral, .line = line_};
    while (peek() != '"' || at_end()) append_utf8(read_char(), node.literal);
    ++at_;
    return add(std::move(node));
  }

  uint32_t read_class() {
    ++at_;
    const bool negated = peek() == '^';
    if (negated) ++at_;
    Grammar::Node node{.kind = Grammar::Kind::kChars, .line = line_};
    while (peek() != ']' || at_end()) {
      const uint32_t low = read_char();
      uint32_t high = low;
      if (peek() == '-' && peek(1) != ']') {
        ++at_;
        high = read_char();
      }
      if (high < low) fail(fmt::format("range U+{:04X}-U+{:04X} ends before it begins", low, high));
      node.chars.push_back({low, high});
    }
    ++at_;
    node.chars = negated ? complement(node.chars) : normalize(std::move(node.chars));
    if (node.chars.empty()) fail("a class holds no character");
    return add(std::move(node));
  }

  std::string_view text_;
  std::string where_;
  GrammarLimits limits_;
  size_t at_ = 0;
  size_t line_ = 1;
  Grammar grammar_;
  std::unordered_map<std::string, uint32_t> names_;
};

}  // namespace

Grammar parse_grammar(std::string_view text, std::string_view where, GrammarLimits limits) {
  return Parser(text, where, limits).read();
}

}  // namespace twin
