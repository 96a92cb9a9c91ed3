#include "engine/chat/printing.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "engine/chat/characters.h"

namespace twin::chat {
namespace {

class Printer {
 public:
  explicit Printer(Budget& budget) : budget_(budget) {}

  void repr(const Value& value) {
    budget_.spend();
    switch (value.kind()) {
      case Kind::kUndefined:
        return out_.append("Undefined");
      case Kind::kNone:
        return out_.append("None");
      case Kind::kBoolean:
        return out_.append(value.boolean() ? "True" : "False");
      case Kind::kInteger:
        return out_.append(std::to_string(value.integral()));
      case Kind::kReal:
        return out_.append(float_text(value.number()));
      case Kind::kText:
        if (value.text().is_markup()) out_.append("Markup(");
        quoted(value.text());
        if (value.text().is_markup()) out_.append(")");
        return;
      case Kind::kSequence:
        return sequence(*value.sequence());
      case Kind::kDict:
        out_.append("{");
        entries(value.dict()->entries());
        return out_.append("}");
      case Kind::kNs:
        return name_space(*value.ns());
      case Kind::kObject:
        return object(*value.object());
    }
  }

  TrackedText take() { return std::move(out_); }

 private:
  void sequence(const Sequence& value) {
    switch (value.type) {
      case Sequence::Type::kRange:
        return out_.append(value.range_text);
      case Sequence::Type::kTuple:
        out_.append("(");
        items(value.items);
        return out_.append(value.items.size() == 1 ? ",)" : ")");
      case Sequence::Type::kList:
        out_.append("[");
        items(value.items);
        return out_.append("]");
      case Sequence::Type::kKeys:
        out_.append("dict_keys([");
        break;
      case Sequence::Type::kValues:
        out_.append("dict_values([");
        break;
      case Sequence::Type::kItems:
        out_.append("dict_items([");
        break;
    }
    items(value.items);
    out_.append("])");
  }

  void items(const std::vector<Value>& values) {
    for (size_t i = 0; i < values.size(); ++i) {
      if (i > 0) out_.append(", ");
      repr(values[i]);
    }
  }

  void entries(const std::vector<Dict::Entry>& values) {
    for (size_t i = 0; i < values.size(); ++i) {
      if (i > 0) out_.append(", ");
      repr(values[i].first);
      out_.append(": ");
      repr(values[i].second);
    }
  }

  // A namespace may hold itself, so its depth is counted here.
  void name_space(const Namespace& value) {
    if (++namespaces_ > kMaxValueDepth) throw Failure("a namespace holds itself");
    out_.append("<Namespace {");
    for (size_t i = 0; i < value.attributes.size(); ++i) {
      if (i > 0) out_.append(", ");
      quoted(TrackedText(value.attributes[i].first));
      out_.append(": ");
      repr(value.attributes[i].second);
    }
    out_.append("}>");
    --namespaces_;
  }

  void object(const Object& value) {
    const auto shown = value.shown();
    if (!shown) throw Failure(fmt::format("cannot print a {}", value.type_name()));
    out_.append(*shown);
  }

  void quoted(const TrackedText& text) {
    const std::string& bytes = text.bytes();
    budget_.spend_bytes(bytes.size() * 4);
    const bool single = bytes.find('\'') != bytes.npos && bytes.find('"') == bytes.npos;
    const char quote = single ? '"' : '\'';
    out_.append(std::string_view(&quote, 1));
    for (size_t i = 0; i < bytes.size();) {
      const Character character = character_at(bytes, i);
      const uint32_t code = character.code;
      const bool user = text.is_user(i);
      if (code == static_cast<uint32_t>(quote) || code == '\\') {
        out_.append("\\", user);
        out_.append(std::string_view(bytes).substr(i, 1), user);
      } else if (code == '\n' || code == '\r' || code == '\t') {
        out_.append(code == '\n' ? "\\n" : code == '\r' ? "\\r" : "\\t", user);
      } else if (is_printable(code)) {
        out_.append(std::string_view(bytes).substr(i, character.bytes), user);
      } else if (code < 0x100) {
        out_.append(fmt::format("\\x{:02x}", code), user);
      } else if (code < 0x10000) {
        out_.append(fmt::format("\\u{:04x}", code), user);
      } else {
        out_.append(fmt::format("\\U{:08x}", code), user);
      }
      i += character.bytes;
    }
    out_.append(std::string_view(&quote, 1));
  }

  Budget& budget_;
  TrackedText out_;
  size_t namespaces_ = 0;
};

}  // namespace

std::string float_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char buffer[40];
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  // "-d.ddde-xx": the digits and the exponent decide between the two forms.
  std::string_view text(buffer, static_cast<size_t>(end.ptr - buffer));
  std::string result;
  if (text.front() == '-') {
    result = "-";
    text.remove_prefix(1);
  }
  const size_t e = text.find('e');
  std::string digits(text.substr(0, e));
  int exponent = 0;
  const bool negative = text[e + 1] == '-';
  std::from_chars(text.data() + e + 2, text.data() + text.size(), exponent);
  if (negative) exponent = -exponent;
  if (digits.size() > 1) digits.erase(1, 1);
  const int count = static_cast<int>(digits.size());
  if (exponent < -4 || exponent >= 16) {
    result += digits[0];
    if (count > 1) result.append(".").append(digits, 1);
    return result + fmt::format("e{}{:02d}", exponent < 0 ? '-' : '+', std::abs(exponent));
  }
  if (exponent < 0) {
    return result + "0." + std::string(static_cast<size_t>(-exponent - 1), '0') + digits;
  }
  if (count <= exponent + 1) {
    return result + digits + std::string(static_cast<size_t>(exponent + 1 - count), '0') + ".0";
  }
  const auto point = static_cast<size_t>(exponent) + 1;
  return result + digits.substr(0, point) + "." + digits.substr(point);
}

TrackedText to_repr(Budget& budget, const Value& value) {
  Printer printer(budget);
  printer.repr(value);
  return printer.take();
}

TrackedText to_text(Budget& budget, const Value& value) {
  if (value.is(Kind::kUndefined)) return TrackedText();
  if (!value.is(Kind::kText)) return to_repr(budget, value);
  budget.spend_bytes(value.bytes().size());
  return value.text();
}

}  // namespace twin::chat
