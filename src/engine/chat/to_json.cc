#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/chat/characters.h"
#include "engine/chat/printing.h"

namespace twin::chat {
namespace {

class JsonWriter {
 public:
  JsonWriter(Budget& budget, const JsonStyle& style) : budget_(budget), style_(style) {
    item_separator_ = style.item_separator.value_or(TrackedText(style.indent ? "," : ", "));
    key_separator_ = style.key_separator.value_or(TrackedText(": "));
  }

  void write(const Value& value) {
    budget_.spend();
    switch (value.kind()) {
      case Kind::kNone:
        return out_.append("null");
      case Kind::kBoolean:
        return out_.append(value.boolean() ? "true" : "false");
      case Kind::kInteger:
        return out_.append(std::to_string(value.integral()));
      case Kind::kReal:
        return out_.append(number(value.number()));
      case Kind::kText:
        return quoted(value.text());
      case Kind::kSequence:
        if (value.sequence()->type <= Sequence::Type::kTuple) return array(*value.sequence());
        break;
      case Kind::kDict:
        return object(*value.dict());
      default:
        break;
    }
    throw Failure(fmt::format("Object of type {} is not JSON serializable", type_name(value)));
  }

  TrackedText take() { return std::move(out_); }

 private:
  static std::string number(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
    return float_text(value);
  }

  void line() {
    if (!style_.indent) return;
    budget_.spend_bytes(depth_ * style_.indent->size());
    out_.append("\n");
    for (size_t i = 0; i < depth_; ++i) out_.append(*style_.indent);
  }

  void array(const Sequence& sequence) {
    if (sequence.items.empty()) return out_.append("[]");
    out_.append("[");
    ++depth_;
    for (size_t i = 0; i < sequence.items.size(); ++i) {
      if (i > 0) out_.append(item_separator_);
      line();
      write(sequence.items[i]);
    }
    --depth_;
    line();
    out_.append("]");
  }

  void object(const Dict& dict) {
    if (dict.entries().empty()) return out_.append("{}");
    std::vector<const Dict::Entry*> entries;
    for (const auto& entry : dict.entries()) entries.push_back(&entry);
    if (style_.sort_keys) {
      std::stable_sort(entries.begin(), entries.end(), [&](const auto* a, const auto* b) {
        return compare(budget_, a->first, b->first).value_or(0) < 0;
      });
    }
    out_.append("{");
    ++depth_;
    for (size_t i = 0; i < entries.size(); ++i) {
      if (i > 0) out_.append(item_separator_);
      line();
      key(entries[i]->first);
      out_.append(key_separator_);
      write(entries[i]->second);
    }
    --depth_;
    line();
    out_.append("}");
  }

  void key(const Value& value) {
    switch (value.kind()) {
      case Kind::kText:
        return quoted(value.text());
      case Kind::kNone:
        return out_.append("\"null\"");
      case Kind::kBoolean:
        return out_.append(value.boolean() ? "\"true\"" : "\"false\"");
      case Kind::kInteger:
        return out_.append('"' + std::to_string(value.integral()) + '"');
      case Kind::kReal:
        return out_.append('"' + number(value.number()) + '"');
      default:
        throw Failure(
            fmt::format("keys must be str, int, float, bool or None, not {}", type_name(value)));
    }
  }

  void quoted(const TrackedText& text) {
    const std::string_view bytes = text.bytes();
    budget_.spend_bytes(bytes.size());
    out_.append("\"");
    // Runs that need no escape are copied whole.
    size_t copied = 0;
    for (size_t i = 0; i < bytes.size();) {
      const Character character = character_at(bytes, i);
      const std::string escape = escaped(character.code);
      if (!escape.empty()) {
        out_.append(text, copied, i);
        out_.append(escape, text.is_user(i));
        copied = i + character.bytes;
      }
      i += character.bytes;
    }
    out_.append(text, copied, bytes.size());
    out_.append("\"");
  }

  // Empty where the character stands for itself.
  std::string escaped(uint32_t code) const {
    switch (code) {
      case '"':
        return "\\\"";
      case '\\':
        return "\\\\";
      case '\n':
        return "\\n";
      case '\r':
        return "\\r";
      case '\t':
        return "\\t";
      case '\f':
        return "\\f";
      case '\b':
        return "\\b";
      default:
        break;
    }
    if (code < 0x20 || (style_.ensure_ascii && code >= 0x7F && code < 0x10000)) {
      return code == 0x7F ? std::string() : fmt::format("\\u{:04x}", code);
    }
    if (!style_.ensure_ascii || code < 0x10000) return {};
    const uint32_t offset = code - 0x10000;
    return fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + (offset >> 10), 0xDC00 + (offset & 0x3FF));
  }

  Budget& budget_;
  const JsonStyle& style_;
  TrackedText item_separator_;
  TrackedText key_separator_;
  TrackedText out_;
  size_t depth_ = 0;
};

}  // namespace

TrackedText to_json(Budget& budget, const Value& value, const JsonStyle& style) {
  JsonWriter writer(budget, style);
  writer.write(value);
  return writer.take();
}

}  // namespace twin::chat
