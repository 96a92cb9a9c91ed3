#include "engine/chat/lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "engine/chat/characters.h"

namespace twin::chat {
namespace {

constexpr auto kNone = std::string_view::npos;

bool is_decimal_digit(char c) { return c >= '0' && c <= '9'; }

// "\r\n" and "\r" become "\n", and one newline at the very end goes.
std::string normalize_newlines(std::string_view source) {
  std::string text;
  text.reserve(source.size());
  for (size_t i = 0; i < source.size(); ++i) {
    if (source[i] != '\r') {
      text.push_back(source[i]);
    } else {
      text.push_back('\n');
      if (i + 1 < source.size() && source[i + 1] == '\n') ++i;
    }
  }
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(normalize_newlines(source)), text_(source_) {}

  std::vector<Token> run() {
    while (at_ < text_.size()) root();
    push(Token::Type::kEnd);
    return std::move(tokens_);
  }

 private:
  [[noreturn]] void fail(std::string reason) const {
    throw SyntaxFailure{line_, std::move(reason)};
  }

  bool ahead(std::string_view what, size_t from) const {
    return from <= text_.size() && text_.substr(from).starts_with(what);
  }

  // Moves on, counting lines.
  void advance_to(size_t position) {
    line_ += static_cast<size_t>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(at_),
                                            text_.begin() + static_cast<std::ptrdiff_t>(position),
                                            '\n'));
    if (position > at_) line_starting_ = text_[position - 1] == '\n';
    at_ = position;
  }

  size_t skip_space(size_t from) const {
    while (from < text_.size()) {
      const Character character = character_at(text_, from);
      if (!is_space(character.code)) break;
      from += character.bytes;
    }
    return from;
  }

  void push(Token::Type type, std::string text = {}) {
    Token token;
    token.type = type;
    token.line = line_;
    token.text = std::move(text);
    tokens_.push_back(std::move(token));
  }

  // The text before a tag whose sign ("-", "+" or none) is at `sign`.
  std::string_view strip_before(size_t begin, size_t end, size_t sign, bool variable) const {
    std::string_view text = text_.substr(begin, end - begin);
    const char mark = sign < text_.size() ? text_[sign] : ' ';
    if (mark == '-') {
      while (!text.empty()) {
        const size_t last = character_before(text, text.size());
        if (!is_space(character_at(text, last).code)) break;
        text = text.substr(0, last);
      }
      return text;
    }
    if (mark == '+' || variable) return text;
    const size_t newline = text.rfind('\n');
    if (newline == kNone && !line_starting_) return text;
    const size_t line_begin = newline == kNone ? 0 : newline + 1;
    return skip_space(begin + line_begin) >= end ? text.substr(0, line_begin) : text;
  }

  void push_data(std::string_view text) {
    if (!text.empty()) push(Token::Type::kData, std::string(text));
  }

  void root() {
    size_t tag = at_;
    for (;; ++tag) {
      tag = text_.find('{', tag);
      if (tag == kNone || tag + 1 >= text_.size()) {
        push_data(text_.substr(at_));
        return advance_to(text_.size());
      }
      const char next = text_[tag + 1];
      if (next == '%' || next == '{' || next == '#') break;
    }
    const char kind = text_[tag + 1];
    push_data(strip_before(at_, tag, tag + 2, kind == '{'));
    size_t inside = tag + 2;
    if (inside < text_.size() && (text_[inside] == '-' || text_[inside] == '+')) ++inside;
    if (kind == '#') {
      advance_to(inside);
      return comment();
    }
    if (kind == '%') {
      if (const size_t body = raw_body(inside); body != kNone) {
        advance_to(body);
        return raw();
      }
    }
    advance_to(inside);
    push(kind == '%' ? Token::Type::kBlockBegin : Token::Type::kVariableBegin);
    code(kind == '%');
  }

  // Where the text after a "raw" tag begins; none if the tag is another.
  size_t raw_body(size_t from) const {
    from = skip_space(from);
    if (!ahead("raw", from)) return kNone;
    from = skip_space(from + 3);
    if (ahead("-%}", from)) return skip_space(from + 3);
    return ahead("%}", from) ? from + 2 : kNone;
  }

  // Where the text after a tag's end at `from` begins; none if no tag ends here.
  size_t after_end(size_t from, std::string_view end, bool trims_newline) const {
    if (ahead("-", from) && ahead(end, from + 1)) return skip_space(from + 1 + end.size());
    if (trims_newline && ahead("+", from) && ahead(end, from + 1)) return from + 1 + end.size();
    if (!ahead(end, from)) return kNone;
    from += end.size();
    return trims_newline && ahead("\n", from) ? from + 1 : from;
  }

  void comment() {
    for (size_t i = at_; i < text_.size(); ++i) {
      if (const size_t after = after_end(i, "#}", true); after != kNone) return advance_to(after);
    }
    fail("Missing end of comment tag");
  }

  void raw() {
    for (size_t tag = text_.find("{%", at_); tag != kNone; tag = text_.find("{%", tag + 1)) {
      size_t inside = tag + 2;
      if (inside < text_.size() && (text_[inside] == '-' || text_[inside] == '+')) ++inside;
      inside = skip_space(inside);
      if (!ahead("endraw", inside)) continue;
      const size_t after = after_end(skip_space(inside + 6), "%}", true);
      if (after == kNone) continue;
      push_data(strip_before(at_, tag, tag + 2, false));
      return advance_to(after);
    }
    fail("Missing end of raw directive");
  }

  // The inside of a tag, up to and with its end.
  void code(bool block) {
    std::string open;  // the brackets that have to be closed
    while (true) {
      if (open.empty()) {
        const size_t after = after_end(at_, block ? "%}" : "}}", block);
        if (after != kNone) {
          push(block ? Token::Type::kBlockEnd : Token::Type::kVariableEnd);
          return advance_to(after);
        }
      }
      if (at_ >= text_.size()) return;  // the parser says what is missing
      const Character character = character_at(text_, at_);
      if (is_space(character.code)) {
        advance_to(skip_space(at_));
      } else if (character.code < 0x80 && is_decimal_digit(static_cast<char>(character.code))) {
        number();
      } else if (is_word(character.code)) {
        name();
      } else if (character.code == '"' || character.code == '\'') {
        literal();
      } else {
        op(open);
      }
    }
  }

  // [0-9](_?[0-9])*, or with the digits of another base; the end of it.
  size_t digits(size_t from, int base = 10) const {
    const auto is_digit = [&](size_t i) {
      if (i >= text_.size()) return false;
      const char c = static_cast<char>(text_[i] | 0x20);
      return is_decimal_digit(text_[i]) ? text_[i] - '0' < base
                                        : base == 16 && c >= 'a' && c <= 'f' && text_[i] >= 'A';
    };
    if (!is_digit(from)) return from;
    while (is_digit(from) || (ahead("_", from) && is_digit(from + 1))) ++from;
    return from;
  }

  void number() {
    // No float begins right after a dot: "a.0.1" is two subscripts.
    const bool after_dot = at_ > 0 && text_[at_ - 1] == '.';
    const size_t whole = digits(at_);
    if (!after_dot) {
      size_t end = whole;
      if (ahead(".", end) && digits(end + 1) > end + 1) end = digits(end + 1);
      if (end < text_.size() && (text_[end] == 'e' || text_[end] == 'E')) {
        const size_t sign = end + 1;
        const size_t first = ahead("+", sign) || ahead("-", sign) ? sign + 1 : sign;
        if (digits(first) > first) end = digits(first);
      }
      if (end > whole) return push_real(end);
    }
    push_integer(whole);
  }

  std::string plain(size_t begin, size_t end) const {
    std::string text(text_.substr(begin, end - begin));
    std::erase(text, '_');
    return text;
  }

  void push_real(size_t end) {
    const std::string text = plain(at_, end);
    push(Token::Type::kReal);
    const auto read = std::from_chars(text.data(), text.data() + text.size(), tokens_.back().real);
    if (read.ec != std::errc()) fail("the number " + text + " is out of range");
    advance_to(end);
  }

  void push_integer(size_t end) {
    int base = 10;
    size_t begin = at_;
    if (text_[at_] == '0') {
      const char letter = at_ + 1 < text_.size() ? static_cast<char>(text_[at_ + 1] | 0x20) : ' ';
      const int other = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 10;
      size_t first = at_ + 2;
      if (ahead("_", first)) ++first;
      if (other != 10 && digits(first, other) > first) {
        base = other;
        begin = first;
        end = digits(first, other);
      } else {  // zeros alone; other digits after them are a number of their own
        end = at_ + 1;
        while (ahead("0", end) || ahead("_0", end)) end += ahead("0", end) ? 1 : 2;
      }
    }
    const std::string text = plain(begin, end);
    push(Token::Type::kInteger);
    const auto read =
        std::from_chars(text.data(), text.data() + text.size(), tokens_.back().integer, base);
    if (read.ec != std::errc()) fail("the integer " + text + " does not fit 64 bits");
    advance_to(end);
  }

  void name() {
    size_t end = at_;
    while (end < text_.size()) {
      const Character character = character_at(text_, end);
      if (!is_word(character.code)) break;
      end += character.bytes;
    }
    push(Token::Type::kName, std::string(text_.substr(at_, end - at_)));
    advance_to(end);
  }

  void literal() {
    const char quote = text_[at_];
    size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != quote) end += text_[end] == '\\' ? 2 : 1;
    if (end >= text_.size()) fail(fmt::format("unexpected char '{}': a string without end", quote));
    push(Token::Type::kText, unescape(text_.substr(at_ + 1, end - at_ - 1)));
    advance_to(end + 1);
  }

  std::string unescape(std::string_view text) const {
    std::string result;
    for (size_t i = 0; i < text.size();) {
      if (text[i] != '\\') {
        result.push_back(text[i++]);
        continue;
      }
      const char letter = text[i + 1];
      i += 2;
      static constexpr std::string_view kLetters = "abfnrtv\\'\"";
      static constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\'\"";
      if (const size_t known = kLetters.find(letter); known != kNone) {
        result.push_back(kMeanings[known]);
      } else if (letter == '\n') {
        continue;
      } else if (letter >= '0' && letter <= '7') {
        uint32_t code = 0;
        size_t count = 0;
        for (--i; count < 3 && i < text.size() && text[i] >= '0' && text[i] <= '7'; ++count) {
          code = code * 8 + static_cast<uint32_t>(text[i++] - '0');
        }
        append_utf8(result, code);
      } else if (letter == 'x' || letter == 'u' || letter == 'U') {
        const size_t count = letter == 'x' ? 2 : letter == 'u' ? 4 : 8;
        append_utf8(result, hex(text, i, count));
        i += count;
      } else if (letter == 'N') {
        fail("characters named as \\N{...} are not supported");
      } else {
        i -= 1;
        result += '\\' + escape_of(text, i);
      }
    }
    return result;
  }

  uint32_t hex(std::string_view text, size_t from, size_t count) const {
    uint32_t code = 0;
    const char* begin = text.data() + from;
    const char* end = begin + std::min(count, text.size() - from);
    const auto read = std::from_chars(begin, end, code, 16);
    if (read.ec != std::errc() || read.ptr != begin + count) fail("a truncated \\x or \\u escape");
    if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) {
      fail(fmt::format("\\u{:04x} is not a character", code));
    }
    return code;
  }

  // An unknown escape keeps its backslash. Jinja goes through ASCII, so that another character
  // after it comes out as the name of its code.
  static std::string escape_of(std::string_view text, size_t& at) {
    const Character character = character_at(text, at);
    at += character.bytes;
    const uint32_t code = character.code;
    if (code < 0x80) return std::string(1, static_cast<char>(code));
    if (code < 0x100) return fmt::format("x{:02x}", code);
    return code < 0x10000 ? fmt::format("u{:04x}", code) : fmt::format("U{:08x}", code);
  }

  void op(std::string& open) {
    static constexpr std::string_view kLong[] = {"//", "**", "==", "!=", ">=", "<="};
    static constexpr std::string_view kShort = "+-/*%~[](){}<>=.:|,;";
    std::string_view sign;
    for (const std::string_view candidate : kLong) {
      if (ahead(candidate, at_)) sign = candidate;
    }
    if (sign.empty() && kShort.find(text_[at_]) != kNone) sign = text_.substr(at_, 1);
    if (sign.empty()) {
      const size_t bytes = character_at(text_, at_).bytes;
      fail(fmt::format("unexpected char '{}'", text_.substr(at_, bytes)));
    }
    static constexpr std::string_view kOpening = "{([";
    static constexpr std::string_view kClosing = "})]";
    if (const size_t which = kOpening.find(sign); which != kNone) {
      open.push_back(kClosing[which]);
    } else if (kClosing.find(sign) != kNone) {
      if (open.empty()) fail(fmt::format("unexpected '{}'", sign));
      if (open.back() != sign[0]) {
        fail(fmt::format("unexpected '{}', expected '{}'", sign, open.back()));
      }
      open.pop_back();
    }
    push(Token::Type::kOp, std::string(sign));
    advance_to(at_ + sign.size());
  }

  std::string source_;
  std::string_view text_;
  size_t at_ = 0;
  size_t line_ = 1;
  bool line_starting_ = true;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokenize_template(std::string_view source) { return Lexer(source).run(); }

}  // namespace twin::chat
