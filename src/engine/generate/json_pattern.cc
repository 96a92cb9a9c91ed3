#include <fmt/format.h>

#include <optional>

#include "base/error.h"
#include "engine/generate/json_text_grammar.h"

namespace twin::json_grammar {
namespace {

using Chars = std::vector<CodePoints>;
constexpr size_t kMaxDepth = 60;

const Chars kDigits = {{'0', '9'}};
const Chars kWord = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
const Chars kSpace = {{'\t', '\r'}, {' ', ' '}, {0xA0, 0xA0}, {0x2028, 0x2029}, {0xFEFF, 0xFEFF}};
const Chars kLineEnds = {{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}};

bool contains(const Chars& chars, uint32_t c) {
  for (const CodePoints& range : chars) {
    if (range.low <= c && c <= range.high) return true;
  }
  return false;
}

// A character of the set as it stands in a JSON string.
std::string in_string(const Chars& chars) {
  Chars barred = complement(chars);
  barred.insert(barred.end(), {{0, 0x1F}, {'"', '"'}, {'\\', '\\'}});
  const Chars plain = complement(barred);
  std::string text;
  const auto add = [&](const std::string& choice) { text += (text.empty() ? "" : " | ") + choice; };
  if (!plain.empty()) add(char_class(plain));
  if (contains(chars, '"')) add(R"("\\\"")");
  if (contains(chars, '\\')) add(R"("\\\\")");
  size_t control = 0;
  for (uint32_t c = 0; c < 0x20; ++c) control += contains(chars, c);
  for (uint32_t c = 0; c < 0x20; ++c) {
    // Of sets such as [^,] only the usual ones: nobody wants the others.
    const bool usual = c == '\n' || c == '\t';
    if (contains(chars, c) && (usual || control < 6)) add(fmt::format("\"\\\\u{:04x}\"", c));
  }
  return '(' + text + ')';
}

class Reader {
 public:
  Reader(std::string_view regex, std::string_view where) : where_(where) {
    // Code points, so that a character is one atom.
    for (size_t i = 0; i < regex.size();) {
      const auto first = static_cast<unsigned char>(regex[i]);
      const size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
      uint32_t c = length == 1 ? first : first & (0x7Fu >> length);
      for (size_t j = 1; j < length && i + j < regex.size(); ++j) {
        c = c << 6 | (static_cast<unsigned char>(regex[i + j]) & 0x3F);
      }
      text_.push_back(c);
      i += length;
    }
  }

  std::string read() {
    std::string result = choice(0);
    if (at_ < text_.size()) fail("an unmatched ')'");
    return result;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorCode::kBadInput,
                fmt::format("{}: pattern, character {}: {} is not supported", where_, at_, what));
  }
  uint32_t peek(size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : UINT32_MAX;
  }
  bool take(char c) {
    if (peek() != static_cast<uint32_t>(c)) return false;
    ++at_;
    return true;
  }

  std::string choice(size_t depth) {
    if (depth > kMaxDepth) fail(fmt::format("nesting deeper than {}", kMaxDepth));
    std::string text = sequence(depth);
    while (take('|')) text += " | " + sequence(depth);
    return '(' + text + ')';
  }

  std::string sequence(size_t depth) {
    std::string text;
    if (depth == 0 && !take('^')) text = "char*";
    bool ended = false;
    while (at_ < text_.size() && peek() != '|' && peek() != ')') {
      if (peek() == '$') {
        if (depth > 0 || (at_ + 1 < text_.size() && peek(1) != '|')) fail("'$' inside");
        ++at_;
        ended = true;
        continue;
      }
      const std::string item = atom(depth);  // in this order
      text += (text.empty() ? "" : " ") + item + quantifier();
    }
    if (depth == 0 && !ended) text += text.empty() ? "char*" : " char*";
    return text.empty() ? "\"\"" : text;
  }

  std::string atom(size_t depth) {
    if (take('(')) {
      if (take('?') && !take(':')) {
        if (peek() != '<' || peek(1) == '=' || peek(1) == '!') fail("look-around");
        while (at_ < text_.size() && !take('>')) ++at_;
      }
      std::string group = choice(depth + 1);
      if (!take(')')) fail("a group without ')'");
      return group;
    }
    if (take('[')) return in_string(char_set());
    if (take('.')) return in_string(complement(kLineEnds));
    if (peek() == '^') fail("'^' inside");
    if (peek() == '*' || peek() == '+' || peek() == '?' || peek() == '{') fail("a lone quantifier");
    if (take('\\')) return in_string(escape(false));
    const uint32_t c = text_[at_++];
    return in_string({{c, c}});
  }

  std::string quantifier() {
    std::string text;
    if (take('*')) {
      text = "*";
    } else if (take('+')) {
      text = "+";
    } else if (take('?')) {
      text = "?";
    } else if (take('{')) {
      text = "{";
      while (at_ < text_.size() && peek() != '}') {
        const uint32_t c = text_[at_];
        if ((c < '0' || c > '9') && c != ',') fail("this in a {m,n}");
        text += static_cast<char>(c);
        ++at_;
      }
      if (!take('}') || text == "{" || text[1] == ',') fail("a '{' that is no {m,n}");
      text += '}';
    }
    if (!text.empty()) take('?');  // lazy: the same texts
    return text;
  }

  uint32_t hex(size_t digits) {
    uint32_t value = 0;
    for (size_t i = 0; i < digits; ++i, ++at_) {
      const uint32_t c = peek();
      const bool is_digit = c >= '0' && c <= '9', is_letter = (c | 32) >= 'a' && (c | 32) <= 'f';
      if (!is_digit && !is_letter) fail("this escape");
      value = value * 16 + (is_digit ? c - '0' : (c | 32) - 'a' + 10);
    }
    return value;
  }

  // Behind the backslash.
  Chars escape(bool in_class) {
    if (at_ == text_.size()) fail("a lone backslash");
    const uint32_t c = text_[at_++];
    switch (c) {
      case 'd':
        return kDigits;
      case 'D':
        return complement(kDigits);
      case 'w':
        return kWord;
      case 'W':
        return complement(kWord);
      case 's':
        return kSpace;
      case 'S':
        return complement(kSpace);
      case 'n':
        return {{'\n', '\n'}};
      case 'r':
        return {{'\r', '\r'}};
      case 't':
        return {{'\t', '\t'}};
      case 'f':
        return {{'\f', '\f'}};
      case 'v':
        return {{'\v', '\v'}};
      case 'b':
        if (in_class) return {{'\b', '\b'}};
        break;
      case 'x':
      case 'u': {
        const uint32_t value = hex(c == 'x' ? 2 : 4);
        if (value >= 0xD800 && value < 0xE000) fail("a surrogate");
        return {{value, value}};
      }
      default:
        break;
    }
    const bool letter = (c | 32) >= 'a' && (c | 32) <= 'z';
    if (letter || (c >= '0' && c <= '9')) {
      --at_;
      fail(fmt::format("\\{}", static_cast<char>(c)));
    }
    return {{c, c}};
  }

  Chars char_set() {
    const bool negated = take('^');
    Chars set;
    while (!take(']')) {
      if (at_ >= text_.size()) fail("a class without ']'");
      Chars low = take('\\') ? escape(true) : Chars{{peek(), text_[at_++]}};
      const bool single = low.size() == 1 && low[0].low == low[0].high;
      if (single && peek() == '-' && peek(1) != ']' && at_ + 1 < text_.size()) {
        ++at_;
        const Chars high = take('\\') ? escape(true) : Chars{{peek(), text_[at_++]}};
        if (high.size() != 1 || high[0].low != high[0].high || high[0].low < low[0].low) {
          fail("this range");
        }
        low[0].high = high[0].high;
      }
      set.insert(set.end(), low.begin(), low.end());
    }
    set = negated ? complement(set) : normalize(set);
    if (set.empty()) fail("an empty class");
    return set;
  }

  std::vector<uint32_t> text_;
  std::string where_;
  size_t at_ = 0;
};

}  // namespace

std::string pattern(std::string_view regex, std::string_view where) {
  return Reader(regex, where).read();
}

}  // namespace twin::json_grammar
