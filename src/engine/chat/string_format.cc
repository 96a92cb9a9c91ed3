#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/chat/characters.h"
#include "engine/chat/format_spec.h"
#include "engine/chat/operators.h"
#include "engine/chat/printing.h"
#include "engine/chat/text_operations.h"

namespace twin::chat {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// `format % values`, one directive after the other.
class PercentFormatter {
 public:
  PercentFormatter(Runtime& runtime, const TrackedText& format, const Value& values)
      : runtime_(runtime), format_(format), text_(format.bytes()), values_(values) {
    is_tuple_ = values.is(Kind::kSequence) && values.sequence()->type == Sequence::Type::kTuple;
  }

  TrackedText run() {
    runtime_.budget.spend_bytes(text_.size());
    while (at_ < text_.size()) {
      const size_t percent = std::min(text_.find('%', at_), text_.size());
      result_.append(format_, at_, percent);
      at_ = percent;
      if (at_ < text_.size()) directive();
    }
    const bool mapping = values_.is(Kind::kDict) || values_.is(Kind::kSequence);
    if (is_tuple_ ? used_ < values_.sequence()->items.size() : used_ == 0 && !mapping && !named_) {
      throw Failure("not all arguments converted during string formatting");
    }
    result_.set_markup(format_.is_markup());
    return std::move(result_);
  }

 private:
  char peek() const {
    if (at_ >= text_.size()) throw Failure("incomplete format");
    return text_[at_];
  }

  Value next_value() {
    if (is_tuple_ ? used_ >= values_.sequence()->items.size() : used_ > 0) {
      throw Failure("not enough arguments for format string");
    }
    ++used_;
    return is_tuple_ ? values_.sequence()->items[used_ - 1] : values_;
  }

  int64_t number() {
    if (peek() == '*') {
      ++at_;
      return std::clamp<int64_t>(to_integer(next_value()), -1000, 1 << 20);
    }
    int64_t number = 0;
    while (is_digit(peek())) {
      number = number * 10 + (text_[at_++] - '0');
      if (number > 1 << 20) throw Failure("a format's width or precision is too large");
    }
    return number;
  }

  std::optional<Value> key() {
    if (peek() != '(') return std::nullopt;
    size_t depth = 1;
    const size_t begin = ++at_;
    for (; depth > 0; ++at_) depth += peek() == '(' ? 1 : peek() == ')' ? size_t(-1) : 0;
    if (!values_.is(Kind::kDict)) throw Failure("format requires a mapping");
    const std::string_view name = std::string_view(text_).substr(begin, at_ - 1 - begin);
    const Value* found = values_.dict()->find(name);
    if (found == nullptr) throw Failure(fmt::format("no value named '{}' to format", name));
    named_ = true;
    return *found;
  }

  void directive() {
    ++at_;
    const std::optional<Value> named = key();
    FormatSpec spec;
    bool zero = false;
    for (;; ++at_) {
      const char flag = peek();
      if (flag == '-') {
        spec.align = '<';
      } else if (flag == '+') {
        spec.sign = '+';
      } else if (flag == ' ') {
        if (spec.sign != '+') spec.sign = ' ';
      } else if (flag == '0') {
        zero = true;
      } else if (flag == '#') {
        spec.alternate = true;
      } else {
        break;
      }
    }
    spec.width = number();
    if (spec.width < 0) {
      spec.align = '<';
      spec.width = -spec.width;
    }
    if (peek() == '.') {
      ++at_;
      spec.precision = std::max<int64_t>(0, number());
    }
    while (peek() == 'l' || peek() == 'h' || peek() == 'L') ++at_;
    spec.type = peek();
    ++at_;
    if (spec.type == '%') {
      result_.append("%");
      return;
    }
    convert(named ? *named : next_value(), spec, zero);
  }

  void convert(const Value& value, FormatSpec spec, bool zero) {
    const char type = spec.type;
    if (type == 's' || type == 'r' || type == 'a') {
      spec.type = 0;
      if (spec.align == 0) spec.align = '>';
      TrackedText text =
          type == 's' ? to_text(runtime_.budget, value) : to_repr(runtime_.budget, value);
      if (format_.is_markup()) text = escaped(runtime_, text);
      result_.append(format_text(runtime_, text, spec));
      return;
    }
    if (zero && spec.align == 0) {
      spec.fill = "0";
      spec.align = '=';
    }
    if (type == 'c' && value.is(Kind::kText)) {
      if (count_characters(value.bytes()) != 1) throw Failure("%c requires int or char");
      spec.type = 0;
      spec.precision = -1;
      if (spec.align != '<') spec.align = '>';
      result_.append(format_text(runtime_, value.text(), spec));
      return;
    }
    if (!value.is_number()) {
      require_defined(value);
      throw Failure(
          fmt::format("%{} format: a number is required, not {}", type, type_name(value)));
    }
    static constexpr std::string_view kTypes = "diuxXoceEfFgG";
    if (kTypes.find(type) == kTypes.npos) {
      throw Failure(fmt::format("unsupported format character '{}'", type));
    }
    const bool decimal = type == 'd' || type == 'i' || type == 'u';
    if (decimal) spec.type = 'd';
    if (std::string_view("eEfFgG").find(type) != std::string_view::npos) {
      result_.append(format_number(runtime_, value, spec));
      return;
    }
    if (value.is(Kind::kReal) && !decimal) {
      throw Failure(fmt::format("%{} format: an integer is required, not float", type));
    }
    integer(value, spec);
  }

  void integer(const Value& value, FormatSpec spec) {
    int64_t number = 0;
    if (value.is(Kind::kReal)) {
      const double whole = std::trunc(value.number());
      if (!(std::fabs(whole) < 9.2e18)) throw Failure("a float that is no integer");
      number = static_cast<int64_t>(whole);
    } else {
      number = value.integral();
    }
    if (spec.precision < 0 || spec.type == 'c') {
      spec.precision = -1;
      if (spec.type == 'c' && spec.align != '<') spec.align = '>';
      result_.append(format_number(runtime_, number, spec));
      return;
    }
    // A precision asks for that many digits.
    FormatSpec digits;
    digits.type = spec.type;
    digits.sign = spec.sign;
    digits.alternate = spec.alternate;
    digits.fill = "0";
    digits.align = '=';
    const bool has_sign = number < 0 || spec.sign != '-';
    digits.width = spec.precision + (has_sign ? 1 : 0);
    const TrackedText body = format_number(runtime_, number, digits);
    spec.type = 0;
    spec.precision = -1;
    if (spec.align != '<') spec.align = '>';
    result_.append(format_text(runtime_, body, spec));
  }

  Runtime& runtime_;
  const TrackedText& format_;
  const std::string& text_;
  const Value& values_;
  bool is_tuple_ = false;
  bool named_ = false;
  size_t used_ = 0;
  size_t at_ = 0;
  TrackedText result_;
};

// format.format(...), one replacement field after the other.
class BraceFormatter {
 public:
  BraceFormatter(Runtime& runtime, const Arguments& arguments)
      : runtime_(runtime), arguments_(arguments) {}

  TrackedText run(const TrackedText& format, int depth) {
    if (depth > 2) throw Failure("Max string recursion exceeded");
    const std::string_view text = format.bytes();
    runtime_.budget.spend_bytes(text.size());
    TrackedText result;
    for (size_t at = 0; at < text.size();) {
      const size_t brace = std::min(text.find_first_of("{}", at), text.size());
      result.append(format, at, brace);
      at = brace;
      if (at == text.size()) break;
      if (at + 1 < text.size() && text[at + 1] == text[at]) {
        result.append(format, at, at + 1);
        at += 2;
        continue;
      }
      if (text[at] == '}') throw Failure("Single '}' encountered in format string");
      size_t end = at + 1;
      for (int open = 1; open > 0; ++end) {
        if (end >= text.size()) throw Failure("expected '}' before end of string");
        open += text[end] == '{' ? 1 : text[end] == '}' ? -1 : 0;
      }
      const TrackedText made = field(format.substr(at + 1, end - 1), depth);
      result.append(format.is_markup() ? escaped(runtime_, made) : made);
      at = end;
    }
    return result;
  }

 private:
  TrackedText field(const TrackedText& field, int depth) {
    const std::string_view text = field.bytes();
    // The name ends at ! or : outside of brackets.
    size_t end = 0;
    for (bool inside = false; end < text.size(); ++end) {
      if (text[end] == '[') inside = true;
      if (text[end] == ']') inside = false;
      if (!inside && (text[end] == '!' || text[end] == ':')) break;
    }
    Value value = lookup(text.substr(0, end));
    if (end < text.size() && text[end] == '!') {
      const char conversion = end + 1 < text.size() ? text[end + 1] : ' ';
      if (conversion == 's') {
        value = to_text(runtime_.budget, value);
      } else if (conversion == 'r' || conversion == 'a') {
        value = to_repr(runtime_.budget, value);
      } else {
        throw Failure("Unknown conversion specifier");
      }
      end += 2;
      if (end < text.size() && text[end] != ':') throw Failure("expected ':' after conversion");
    }
    std::string spec_text;
    if (end < text.size()) spec_text = run(field.substr(end + 1, text.size()), depth + 1).bytes();
    return formatted(value, spec_text);
  }

  TrackedText formatted(const Value& value, const std::string& spec_text) {
    if (value.is(Kind::kText)) {
      return format_text(runtime_, value.text(), parse_format_spec(spec_text));
    }
    if (spec_text.empty()) return to_text(runtime_.budget, value);
    if (value.is_number()) {
      const FormatSpec spec = parse_format_spec(spec_text);
      if (spec.type == 's') throw Failure("Unknown format code 's'");
      return format_number(runtime_, value, spec);
    }
    throw Failure(
        fmt::format("unsupported format string passed to {}.__format__", type_name(value)));
  }

  Value lookup(std::string_view name) {
    size_t end = std::min(name.find_first_of(".["), name.size());
    const std::string_view first = name.substr(0, end);
    Value value = first_of(first);
    while (end < name.size()) {
      if (name[end] == '.') {
        const size_t stop = std::min(name.find_first_of(".[", end + 1), name.size());
        if (stop == end + 1) throw Failure("Empty attribute in format string");
        value = attribute_of(runtime_, value, name.substr(end + 1, stop - end - 1));
        end = stop;
      } else {
        const size_t stop = name.find(']', end);
        if (stop == name.npos) throw Failure("Missing ']' in format string");
        value = item_of(runtime_, value, key_of(name.substr(end + 1, stop - end - 1)));
        end = stop + 1;
        if (end < name.size() && name[end] != '.' && name[end] != '[') {
          throw Failure("Only '.' or '[' may follow ']' in format field specifier");
        }
      }
    }
    return value;
  }

  static std::optional<int64_t> index_of(std::string_view text) {
    if (text.empty() || text.size() > 9 || !std::all_of(text.begin(), text.end(), is_digit)) {
      return std::nullopt;
    }
    return std::stoll(std::string(text));
  }

  static Value key_of(std::string_view text) {
    if (text.empty()) throw Failure("Empty attribute in format string");
    const auto index = index_of(text);
    return index ? Value(*index) : Value(text);
  }

  Value first_of(std::string_view name) {
    const auto index = index_of(name);
    if (name.empty() || index) {
      if (index && automatic_ > 0) throw Failure("cannot switch to manual field numbering");
      if (!index && manual_) throw Failure("cannot switch to automatic field numbering");
      manual_ |= index.has_value();
      const size_t at = index ? static_cast<size_t>(*index) : automatic_++;
      if (at >= arguments_.positional.size()) {
        throw Failure("Replacement index out of range for positional args tuple");
      }
      return arguments_.positional[at];
    }
    for (const auto& [key, value] : arguments_.named) {
      if (key == name) return value;
    }
    throw Failure(fmt::format("no value named '{}' to format", name));
  }

  Runtime& runtime_;
  const Arguments& arguments_;
  size_t automatic_ = 0;
  bool manual_ = false;
};

}  // namespace

TrackedText percent_format(Runtime& runtime, const TrackedText& format, const Value& values) {
  return PercentFormatter(runtime, format, values).run();
}

TrackedText brace_format(Runtime& runtime, const TrackedText& format, const Arguments& arguments) {
  return BraceFormatter(runtime, arguments).run(format, 1);
}

}  // namespace twin::chat
