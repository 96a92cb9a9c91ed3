#include <fmt/format.h>

#include <algorithm>

#include "engine/chat/characters.h"
#include "engine/chat/filters.h"
#include "engine/chat/operators.h"
#include "engine/chat/printing.h"
#include "engine/chat/text_operations.h"

namespace twin::chat {
namespace {

// Words as Jinja's own title filter sees them: behind spaces, hyphens and opening brackets.
TrackedText jinja_title(const TrackedText& text) {
  const auto separates = [](uint32_t code) {
    return is_space(code) || code == '-' || code == '(' || code == '{' || code == '[' ||
           code == '<';
  };
  TrackedText result;
  size_t word = 0;
  const auto flush = [&](size_t end) {
    if (word < end) {
      const size_t first = word + character_at(text.bytes(), word).bytes;
      result.append(upper(text.substr(word, first)));
      result.append(lower(text.substr(first, end)));
    }
  };
  for (size_t i = 0; i < text.size();) {
    const Character character = character_at(text.bytes(), i);
    const size_t end = i + character.bytes;
    if (separates(character.code)) {
      flush(i);
      result.append(text, i, end);
      word = end;
    }
    i = end;
  }
  flush(text.size());
  return result;
}

template <TrackedText (*kMap)(const TrackedText&)>
Value mapped(Runtime& runtime, const Value& self, const Arguments& arguments) {
  bind("a filter", arguments, {});
  const TrackedText text = soft_text(runtime, self);
  runtime.budget.spend_bytes(text.size() * 4);
  TrackedText result = kMap(text);
  // Jinja builds titles of plain pieces.
  result.set_markup(text.is_markup() && kMap != jinja_title);
  return result;
}

Value trim(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound = bind("trim", arguments, {"chars"});
  const bool spaces = bound[0] == nullptr || bound[0]->is(Kind::kNone);
  const TrackedText text = soft_text(runtime, self);
  TrackedText result = strip(text, spaces ? nullptr : &to_string(*bound[0]), true, true);
  result.set_markup(text.is_markup());
  return result;
}

Value replace(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound = bind("replace", arguments, {"old", "new", "count"}, 2);
  const bool all = bound[2] == nullptr || bound[2]->is(Kind::kNone);
  return replaced(runtime, soft_text(runtime, self), soft_text(runtime, *bound[0]),
                  soft_text(runtime, *bound[1]), all ? -1 : bound.integer(2, -1));
}

Value string(Runtime& runtime, const Value& self, const Arguments& arguments) {
  bind("string", arguments, {});
  return self.is(Kind::kText) ? self : Value(soft_text(runtime, self));
}

Value safe(Runtime& runtime, const Value& self, const Arguments& arguments) {
  bind("safe", arguments, {});
  return as_markup(soft_text(runtime, self));
}

Value escape(Runtime& runtime, const Value& self, const Arguments& arguments) {
  bind("escape", arguments, {});
  return escaped(runtime, soft_text(runtime, self));
}

Value forceescape(Runtime& runtime, const Value& self, const Arguments& arguments) {
  bind("forceescape", arguments, {});
  TrackedText text = soft_text(runtime, self);
  text.set_markup(false);
  return escaped(runtime, text);
}

Value indent(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound = bind("indent", arguments, {"width", "first", "blank"});
  const TrackedText indention = bound[0] && bound[0]->is(Kind::kText)
                                    ? bound[0]->text()
                                    : repeat(runtime, TrackedText(" "), bound.integer(0, 4));
  TrackedText text = to_string(self);
  text.append("\n");
  const bool blank = bound.truth(2, false);
  TrackedText result;
  result.set_markup(text.is_markup());
  bool first = true;
  for (const TrackedText& line : split_lines(runtime, text, false)) {
    if (!first) result.append("\n");
    const bool indents = first ? bound.truth(1, false) : blank || !line.empty();
    runtime.budget.spend_bytes(indention.size() + line.size());
    if (indents) result.append(indention);
    result.append(line);
    first = false;
  }
  return result;
}

Value truncate(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound = bind("truncate", arguments, {"length", "killwords", "end", "leeway"});
  const int64_t length = bound.integer(0, 255);
  const TrackedText end = bound[2] ? to_string(*bound[2]) : TrackedText("...");
  const int64_t leeway = bound[3] && !bound[3]->is(Kind::kNone) ? bound.integer(3, 5) : 5;
  const auto end_size = static_cast<int64_t>(count_characters(end.bytes()));
  if (length < end_size || leeway < 0) throw Failure("truncate: the length is too small");
  if (self.is(Kind::kText)) runtime.budget.spend_bytes(self.bytes().size());
  if (chat::length(self) - leeway <= length) return self;
  to_string(self);
  const Value limit(length - end_size);
  Value cut = slice(runtime, self, nullptr, &limit, nullptr);
  if (!bound.truth(1, false)) {
    const size_t space = cut.bytes().rfind(' ');
    if (space != std::string::npos) cut = cut.text().substr(0, space);
  }
  if (self.text().is_markup()) cut = as_markup(std::move(cut));
  return arithmetic(runtime, "+", cut, end);
}

Value center(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound = bind("center", arguments, {"width"});
  const Value text(soft_text(runtime, self));
  return call_method(runtime, find_method(text, "center"), text,
                     {{Value(bound.integer(0, 80))}, {}});
}

Value wordcount(Runtime& runtime, const Value& self, const Arguments& arguments) {
  bind("wordcount", arguments, {});
  const TrackedText text = soft_text(runtime, self);
  int64_t count = 0;
  bool inside = false;
  for (size_t i = 0; i < text.size();) {
    const Character character = character_at(text.bytes(), i);
    const bool word = is_word(character.code);
    if (word && !inside) ++count;
    inside = word;
    i += character.bytes;
  }
  return count;
}

Value format(Runtime& runtime, const Value& self, const Arguments& arguments) {
  if (!arguments.named.empty()) {
    if (!arguments.positional.empty()) {
      throw Failure("can't handle positional and keyword arguments at the same time");
    }
    auto dict = std::make_shared<Dict>();
    for (const auto& [name, value] : arguments.named) {
      dict->set(runtime.budget, Value(std::string_view(name)), value);
    }
    return percent_format(runtime, soft_text(runtime, self),
                          Value(std::shared_ptr<const Dict>(std::move(dict))));
  }
  return percent_format(runtime, soft_text(runtime, self), make_tuple(arguments.positional));
}

Value urlencode(Runtime& runtime, const Value& self, const Arguments& arguments) {
  bind("urlencode", arguments, {});
  const auto quoted = [&](const Value& value, bool slash) {
    const TrackedText text = soft_text(runtime, value);
    TrackedText result;
    for (size_t i = 0; i < text.size(); ++i) {
      const char c = text.bytes()[i];
      const auto byte = static_cast<unsigned char>(c);
      const bool plain =
          byte < 0x80 && (is_word(byte) || c == '.' || c == '-' || c == '~' || (c == '/' && slash));
      runtime.budget.spend_bytes(3);
      if (plain) {
        result.append(text, i, i + 1);
      } else {
        result.append(!slash && c == ' ' ? "+" : fmt::format("%{:02X}", byte), text.is_user(i));
      }
    }
    return result;
  };
  if (self.is(Kind::kText) || !try_iterate(self)) return quoted(self, true);
  TrackedText result;
  const auto pairs = self.is(Kind::kDict)
                         ? find_method(self, "items")(runtime, self, {}).sequence()->items
                         : collect(runtime, self);
  for (const Value& pair : pairs) {
    const auto parts = collect(runtime, pair);
    if (parts.size() != 2) throw Failure("urlencode: expected pairs");
    if (!result.empty()) result.append("&");
    result.append(quoted(parts[0], false));
    result.append("=");
    result.append(quoted(parts[1], false));
  }
  return result;
}

Value tojson(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound =
      bind("tojson", arguments, {"ensure_ascii", "indent", "separators", "sort_keys"});
  JsonStyle style;
  style.ensure_ascii = bound.truth(0, false);
  if (bound[1] && !bound[1]->is(Kind::kNone)) {
    style.indent = bound[1]->is(Kind::kText)
                       ? bound[1]->text()
                       : repeat(runtime, TrackedText(" "), to_integer(*bound[1]));
  }
  if (bound[2] && !bound[2]->is(Kind::kNone)) {
    const auto separators = collect(runtime, *bound[2]);
    if (separators.size() != 2) throw Failure("tojson: separators are a pair");
    style.item_separator = to_string(separators[0]);
    style.key_separator = to_string(separators[1]);
  }
  style.sort_keys = bound.truth(3, false);
  return to_json(runtime.budget, self, style);
}

}  // namespace

const FilterTable& text_filters() {
  static const FilterTable kFilters = {
      {"upper", mapped<upper>},
      {"lower", mapped<lower>},
      {"capitalize", mapped<capitalized>},
      {"title", mapped<jinja_title>},
      {"trim", trim},
      {"replace", replace},
      {"string", string},
      {"safe", safe},
      {"escape", escape},
      {"e", escape},
      {"forceescape", forceescape},
      {"indent", indent},
      {"truncate", truncate},
      {"center", center},
      {"wordcount", wordcount},
      {"format", format},
      {"urlencode", urlencode},
      {"tojson", tojson},
  };
  return kFilters;
}

}  // namespace twin::chat
