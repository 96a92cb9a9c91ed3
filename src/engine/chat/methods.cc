#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "engine/chat/characters.h"
#include "engine/chat/operators.h"
#include "engine/chat/printing.h"
#include "engine/chat/text_operations.h"

// The methods of strings, lists and dicts that a template can call, as Python has them.
namespace twin::chat {
namespace {

using Table = std::unordered_map<std::string_view, Function1>;

// The argument as text, or null where it is none or absent.
const TrackedText* optional_text(const Value* value) {
  return value == nullptr || value->is(Kind::kNone) ? nullptr : &to_string(*value);
}

template <bool kLeft, bool kRight>
Value strip_method(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound = bind("strip", arguments, {""});
  runtime.budget.spend_bytes(self.bytes().size());
  return strip(self.text(), optional_text(bound[0]), kLeft, kRight);
}

template <bool kFromRight>
Value split_method(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound = bind("split", arguments, {"sep", "maxsplit"});
  return make_list(
      split(runtime, self.text(), optional_text(bound[0]), bound.integer(1, -1), kFromRight));
}

Value splitlines(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound = bind("splitlines", arguments, {"keepends"});
  std::vector<Value> lines;
  for (auto& line : split_lines(runtime, self.text(), bound.truth(0, false))) {
    lines.emplace_back(std::move(line));
  }
  return make_list(std::move(lines));
}

// The bytes [first, second) of the characters [start, end) that the arguments ask for. Nothing
// where the start is behind the text's end.
struct Window {
  size_t begin = 0;
  size_t end = 0;
  bool outside = false;
};
Window window_of(const Value& self, const Value* start, const Value* end) {
  const auto size = static_cast<int64_t>(count_characters(self.bytes()));
  const auto bound = [&](const Value* value, int64_t otherwise) {
    if (value == nullptr || value->is(Kind::kNone)) return otherwise;
    const int64_t index = to_integer(*value);
    return index < 0 ? std::max<int64_t>(0, index + size) : index;
  };
  const int64_t first = bound(start, 0);
  const int64_t last = std::min(bound(end, size), size);
  Window window;
  window.outside = first > size || first > last;
  if (window.outside) return window;
  window.begin = byte_of_character(self.bytes(), static_cast<size_t>(first));
  window.end = byte_of_character(self.bytes(), static_cast<size_t>(last));
  return window;
}

template <bool kStart>
Value affix_method(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound = bind(kStart ? "startswith" : "endswith", arguments, {"", "", ""}, 1);
  runtime.budget.spend_bytes(self.bytes().size());
  const Window window = window_of(self, bound[1], bound[2]);
  const auto matches = [&](const Value& affix) {
    const std::string& wanted = to_string(affix).bytes();
    if (window.outside) return false;
    const auto text =
        std::string_view(self.bytes()).substr(window.begin, window.end - window.begin);
    return kStart ? text.starts_with(wanted) : text.ends_with(wanted);
  };
  if (!bound[0]->is(Kind::kSequence)) return matches(*bound[0]);
  if (bound[0]->sequence()->type != Sequence::Type::kTuple) {
    throw Failure("startswith and endswith take a string or a tuple of strings");
  }
  const auto& affixes = bound[0]->sequence()->items;
  return std::any_of(affixes.begin(), affixes.end(), matches);
}

// find, rfind, index, rindex.
template <bool kFromRight, bool kMustFind>
Value find_method_of(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound = bind("find", arguments, {"", "", ""}, 1);
  runtime.budget.spend_bytes(self.bytes().size());
  const Window window = window_of(self, bound[1], bound[2]);
  const std::string& wanted = to_string(*bound[0]).bytes();
  const auto text = std::string_view(self.bytes()).substr(window.begin, window.end - window.begin);
  const size_t found = window.outside ? text.npos
                       : kFromRight   ? text.rfind(wanted)
                                      : text.find(wanted);
  if (found != text.npos) {
    return static_cast<int64_t>(
        count_characters(std::string_view(self.bytes()).substr(0, window.begin + found)));
  }
  if (kMustFind) throw Failure("substring not found");
  return int64_t{-1};
}

Value count_method(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound = bind("count", arguments, {"", "", ""}, 1);
  runtime.budget.spend_bytes(self.bytes().size());
  const Window window = window_of(self, bound[1], bound[2]);
  const std::string& wanted = to_string(*bound[0]).bytes();
  if (window.outside) return int64_t{0};
  const auto text = std::string_view(self.bytes()).substr(window.begin, window.end - window.begin);
  if (wanted.empty()) return static_cast<int64_t>(count_characters(text)) + 1;
  int64_t count = 0;
  for (size_t at = text.find(wanted); at != text.npos; at = text.find(wanted, at + wanted.size())) {
    ++count;
  }
  return count;
}

Value replace(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound = bind("replace", arguments, {"", "", ""}, 2);
  const TrackedText& fresh = to_string(*bound[1]);
  return replaced(runtime, self.text(), to_string(*bound[0]),
                  self.text().is_markup() ? escaped(runtime, fresh) : fresh, bound.integer(2, -1));
}

template <TrackedText (*kMap)(const TrackedText&)>
Value map_method(Runtime& runtime, const Value& self, const Arguments& arguments) {
  bind("a string method", arguments, {});
  runtime.budget.spend_bytes(self.bytes().size() * 4);
  return kMap(self.text());
}

Value join_method(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound = bind("join", arguments, {""}, 1);
  std::vector<TrackedText> parts;
  for (const Value& item : collect(runtime, *bound[0])) {
    if (!item.is(Kind::kText)) {
      throw Failure(fmt::format("sequence item {}: expected str instance, {} found", parts.size(),
                                type_name(item)));
    }
    runtime.budget.spend_bytes(item.bytes().size());
    parts.push_back(self.text().is_markup() ? escaped(runtime, item.text()) : item.text());
  }
  return join(runtime, self.text(), parts);
}

Value format_method(Runtime& runtime, const Value& self, const Arguments& arguments) {
  return brace_format(runtime, self.text(), arguments);
}

Value format_map(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound = bind("format_map", arguments, {""}, 1);
  Arguments named;
  if (!bound[0]->is(Kind::kDict)) throw Failure("format_map() takes a mapping");
  for (const auto& [key, value] : bound[0]->dict()->entries()) {
    if (key.is(Kind::kText)) named.named.emplace_back(key.bytes(), value);
  }
  return brace_format(runtime, self.text(), named);
}

template <bool kPrefix>
Value remove_affix(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound = bind("removeprefix", arguments, {""}, 1);
  runtime.budget.spend_bytes(self.bytes().size());
  const std::string& affix = to_string(*bound[0]).bytes();
  const std::string& text = self.bytes();
  if (kPrefix && text.starts_with(affix)) return self.text().substr(affix.size(), text.size());
  if (!kPrefix && text.ends_with(affix)) return self.text().substr(0, text.size() - affix.size());
  return self;
}

template <bool kFromRight>
Value partition(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound = bind("partition", arguments, {""}, 1);
  runtime.budget.spend_bytes(self.bytes().size());
  const TrackedText& separator = to_string(*bound[0]);
  if (separator.empty()) throw Failure("empty separator");
  const std::string& text = self.bytes();
  const size_t at = kFromRight ? text.rfind(separator.bytes()) : text.find(separator.bytes());
  if (at == text.npos) {
    return kFromRight ? make_tuple({Value(""), Value(""), self})
                      : make_tuple({self, Value(""), Value("")});
  }
  const size_t end = at + separator.size();
  return make_tuple({Value(self.text().substr(0, at)), Value(self.text().substr(at, end)),
                     Value(self.text().substr(end, text.size()))});
}

// center, ljust, rjust.
template <char kAlign>
Value justify(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound = bind("center", arguments, {"", ""}, 1);
  const TrackedText fill = bound[1] ? to_string(*bound[1]) : TrackedText(" ");
  if (count_characters(fill.bytes()) != 1) {
    throw Failure("The fill character must be exactly one character long");
  }
  runtime.budget.spend_bytes(self.bytes().size());
  const int64_t width = to_integer(*bound[0]);
  const auto size = static_cast<int64_t>(count_characters(self.bytes()));
  if (width <= size) return self;
  const int64_t padding = width - size;
  // As Python: the odd one goes left where both the padding and the width are odd.
  const int64_t left = kAlign == '<'   ? 0
                       : kAlign == '>' ? padding
                                       : padding / 2 + (padding & width & 1);
  TrackedText result = repeat(runtime, fill, left);
  result.append(self.text());
  result.append(repeat(runtime, fill, padding - left));
  return result;
}

Value zfill(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound = bind("zfill", arguments, {""}, 1);
  runtime.budget.spend_bytes(self.bytes().size());
  const std::string& text = self.bytes();
  const size_t sign = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
  const int64_t width = to_integer(*bound[0]);
  const auto size = static_cast<int64_t>(count_characters(text));
  TrackedText result = self.text().substr(0, sign);
  if (width > size) result.append(repeat(runtime, TrackedText("0"), width - size));
  result.append(self.text(), sign, text.size());
  return result;
}

Value expandtabs(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound = bind("expandtabs", arguments, {"tabsize"});
  const int64_t size = bound.integer(0, 8);
  TrackedText result;
  int64_t column = 0;
  for (size_t i = 0; i < self.bytes().size();) {
    const Character character = character_at(self.bytes(), i);
    if (character.code == '\t') {
      const int64_t spaces = size > 0 ? size - column % size : 0;
      result.append(repeat(runtime, TrackedText(" "), spaces));
      column += spaces;
    } else {
      runtime.budget.spend();
      result.append(self.text(), i, i + character.bytes);
      column = character.code == '\n' || character.code == '\r' ? 0 : column + 1;
    }
    i += character.bytes;
  }
  return result;
}

// isdigit and the like: there is a character, and all are of the kind.
template <bool (*kKind)(uint32_t)>
Value all_method(Runtime& runtime, const Value& self, const Arguments& arguments) {
  bind("a string method", arguments, {});
  const std::string& text = self.bytes();
  runtime.budget.spend_bytes(text.size() * 4);
  for (size_t i = 0; i < text.size();) {
    const Character character = character_at(text, i);
    if (!kKind(character.code)) return false;
    i += character.bytes;
  }
  return !text.empty();
}

bool is_alphanumeric(uint32_t code) {
  return is_letter(code) || is_numeric(code) || is_digit(code);
}

template <bool kUpper>
Value cased_method(Runtime& runtime, const Value& self, const Arguments& arguments) {
  bind("a string method", arguments, {});
  runtime.budget.spend_bytes(self.bytes().size() * 4);
  return is_cased(self.text(), kUpper);
}

Value istitle(Runtime& runtime, const Value& self, const Arguments& arguments) {
  bind("istitle", arguments, {});
  runtime.budget.spend_bytes(self.bytes().size() * 4);
  bool any = false;
  bool inside = false;
  for (size_t i = 0; i < self.bytes().size();) {
    const Character character = character_at(self.bytes(), i);
    const bool starts = is_upper(character.code) || is_title(character.code);
    if (starts && inside) return false;
    if (is_lower(character.code) && !inside) return false;
    inside = starts || is_lower(character.code);
    any |= inside;
    i += character.bytes;
  }
  return any;
}

Value isascii(Runtime&, const Value& self, const Arguments& arguments) {
  bind("isascii", arguments, {});
  return std::all_of(self.bytes().begin(), self.bytes().end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

Value isidentifier(Runtime&, const Value& self, const Arguments& arguments) {
  bind("isidentifier", arguments, {});
  const std::string& text = self.bytes();
  for (size_t i = 0; i < text.size();) {
    const Character character = character_at(text, i);
    const bool first = i == 0 && is_numeric(character.code);
    if (first || !is_word(character.code)) return false;
    i += character.bytes;
  }
  return !text.empty();
}

Value isprintable(Runtime&, const Value& self, const Arguments& arguments) {
  bind("isprintable", arguments, {});
  const std::string& text = self.bytes();
  for (size_t i = 0; i < text.size();) {
    const Character character = character_at(text, i);
    if (!is_printable(character.code)) return false;
    i += character.bytes;
  }
  return true;
}

// list.index and tuple.index, and count.
Value index_in(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound = bind("index", arguments, {"", "", ""}, 1);
  const auto& items = self.sequence()->items;
  const auto size = static_cast<int64_t>(items.size());
  const auto clamp = [&](int64_t i) {
    return i < 0 ? std::max<int64_t>(0, i + size) : std::min(i, size);
  };
  const int64_t end = clamp(bound.integer(2, size));
  for (int64_t i = clamp(bound.integer(1, 0)); i < end; ++i) {
    if (equals(runtime.budget, items[static_cast<size_t>(i)], *bound[0])) return i;
  }
  throw Failure("the value is not in the list");
}

Value count_in(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound = bind("count", arguments, {""}, 1);
  const auto& items = self.sequence()->items;
  return static_cast<int64_t>(std::count_if(items.begin(), items.end(), [&](const Value& item) {
    return equals(runtime.budget, item, *bound[0]);
  }));
}

Value copy_of(Runtime& runtime, const Value& self, const Arguments& arguments) {
  bind("copy", arguments, {});
  if (self.is(Kind::kDict)) return std::make_shared<const Dict>(*self.dict());
  runtime.budget.spend(self.sequence()->items.size());
  return make_list(self.sequence()->items);
}

Value get(Runtime& runtime, const Value& self, const Arguments& arguments) {
  const Bound bound = bind("get", arguments, {"", ""}, 1);
  if (!hashable(runtime.budget, *bound[0])) {
    throw Failure(fmt::format("unhashable type: '{}'", type_name(*bound[0])));
  }
  if (const Value* found = self.dict()->find(runtime.budget, *bound[0])) return *found;
  return bound.get(1, None{});
}

template <Sequence::Type kView>
Value view(Runtime& runtime, const Value& self, const Arguments& arguments) {
  bind("a view", arguments, {});
  std::vector<Value> items;
  runtime.budget.spend(self.dict()->entries().size());
  for (const auto& [key, value] : self.dict()->entries()) {
    if (kView == Sequence::Type::kKeys) {
      items.push_back(key);
    } else if (kView == Sequence::Type::kValues) {
      items.push_back(value);
    } else {
      items.push_back(make_tuple({key, value}));
    }
  }
  return make_sequence(kView, std::move(items));
}

Value is_integer(Runtime&, const Value& self, const Arguments& arguments) {
  bind("is_integer", arguments, {});
  return std::floor(self.number()) == self.number() && std::isfinite(self.number());
}

const Table kStringMethods = {
    {"strip", strip_method<true, true>},
    {"lstrip", strip_method<true, false>},
    {"rstrip", strip_method<false, true>},
    {"split", split_method<false>},
    {"rsplit", split_method<true>},
    {"splitlines", splitlines},
    {"startswith", affix_method<true>},
    {"endswith", affix_method<false>},
    {"find", find_method_of<false, false>},
    {"rfind", find_method_of<true, false>},
    {"index", find_method_of<false, true>},
    {"rindex", find_method_of<true, true>},
    {"count", count_method},
    {"replace", replace},
    {"upper", map_method<upper>},
    {"lower", map_method<lower>},
    {"casefold", map_method<lower>},
    {"capitalize", map_method<capitalized>},
    {"title", map_method<titled>},
    {"swapcase", map_method<swapped>},
    {"join", join_method},
    {"format", format_method},
    {"format_map", format_map},
    {"removeprefix", remove_affix<true>},
    {"removesuffix", remove_affix<false>},
    {"partition", partition<false>},
    {"rpartition", partition<true>},
    {"center", justify<'^'>},
    {"ljust", justify<'<'>},
    {"rjust", justify<'>'>},
    {"zfill", zfill},
    {"expandtabs", expandtabs},
    {"isdigit", all_method<is_digit>},
    {"isdecimal", all_method<is_decimal>},
    {"isnumeric", all_method<is_numeric>},
    {"isalpha", all_method<is_letter>},
    {"isalnum", all_method<is_alphanumeric>},
    {"isspace", all_method<is_space>},
    {"isupper", cased_method<true>},
    {"islower", cased_method<false>},
    {"istitle", istitle},
    {"isascii", isascii},
    {"isidentifier", isidentifier},
    {"isprintable", isprintable},
};
const Table kListMethods = {{"index", index_in}, {"count", count_in}, {"copy", copy_of}};
const Table kTupleMethods = {{"index", index_in}, {"count", count_in}};
const Table kDictMethods = {{"get", get},
                            {"copy", copy_of},
                            {"keys", view<Sequence::Type::kKeys>},
                            {"values", view<Sequence::Type::kValues>},
                            {"items", view<Sequence::Type::kItems>}};
const Table kRealMethods = {{"is_integer", is_integer}};

}  // namespace

Function1 find_method(const Value& value, std::string_view name) {
  const Table* table = nullptr;
  switch (value.kind()) {
    case Kind::kText:
      table = &kStringMethods;
      break;
    case Kind::kDict:
      table = &kDictMethods;
      break;
    case Kind::kReal:
      table = &kRealMethods;
      break;
    case Kind::kSequence:
      if (value.sequence()->type == Sequence::Type::kList) table = &kListMethods;
      if (value.sequence()->type == Sequence::Type::kTuple) table = &kTupleMethods;
      if (value.sequence()->type == Sequence::Type::kRange) table = &kTupleMethods;
      break;
    default:
      break;
  }
  if (table == nullptr) return nullptr;
  const auto found = table->find(name);
  return found == table->end() ? nullptr : found->second;
}

}  // namespace twin::chat
