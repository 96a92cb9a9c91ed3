#include "engine/chat/text_operations.h"

#include <algorithm>

#include "engine/chat/characters.h"
#include "engine/chat/printing.h"

namespace twin::chat {
namespace {

bool is_stripped(uint32_t code, std::string_view bytes, const TrackedText* characters) {
  if (characters == nullptr) return is_space(code);
  const std::string_view set = characters->bytes();
  for (size_t i = 0; i < set.size();) {
    const Character candidate = character_at(set, i);
    if (candidate.code == code && set.substr(i, candidate.bytes) == bytes) return true;
    i += candidate.bytes;
  }
  return false;
}

bool is_cased_letter(uint32_t code) { return is_upper(code) || is_lower(code) || is_title(code); }

// Combining marks and the like, which word and sigma rules look through.
bool is_ignored(uint32_t code) {
  return code == '\'' || code == 0xAD || code == 0x2019 || code == '.' || code == ':' ||
         code == 0xB7 || (code >= 0x300 && code <= 0x36F);
}

// Whether the sigma at [begin, end) ends a word: a cased letter before it and none after.
bool is_final_sigma(std::string_view text, size_t begin, size_t end) {
  bool before = false;
  while (begin > 0) {
    begin = character_before(text, begin);
    const uint32_t code = character_at(text, begin).code;
    if (is_ignored(code)) continue;
    before = is_cased_letter(code);
    break;
  }
  if (!before) return false;
  while (end < text.size()) {
    const Character character = character_at(text, end);
    if (!is_ignored(character.code)) return !is_cased_letter(character.code);
    end += character.bytes;
  }
  return true;
}

enum class Case { kUpper, kLower, kTitle, kSame };

// Every character mapped by what `choose` says of it and its place.
template <class Choose>
TrackedText mapped(const TrackedText& text, Choose choose) {
  const std::string_view bytes = text.bytes();
  TrackedText result;
  std::string buffer;
  for (size_t i = 0; i < bytes.size();) {
    const Character character = character_at(bytes, i);
    const size_t end = i + character.bytes;
    buffer.clear();
    switch (choose(character.code)) {
      case Case::kUpper:
        append_upper(buffer, character.code);
        break;
      case Case::kSame:
        append_utf8(buffer, character.code);
        break;
      case Case::kTitle:
        append_title(buffer, character.code);
        break;
      case Case::kLower:
        if (character.code == 0x3A3) {
          append_utf8(buffer, is_final_sigma(bytes, i, end) ? 0x3C2 : 0x3C3);
        } else {
          append_lower(buffer, character.code);
        }
        break;
    }
    result.append(buffer, text.is_user(i));
    i = end;
  }
  return result;
}

std::vector<Value> split_at_spaces(Runtime& runtime, const TrackedText& text, int64_t limit) {
  const std::string_view bytes = text.bytes();
  std::vector<Value> parts;
  size_t at = 0;
  const auto skip = [&](bool spaces) {
    while (at < bytes.size()) {
      const Character character = character_at(bytes, at);
      if (is_space(character.code) != spaces) break;
      at += character.bytes;
    }
  };
  for (skip(true); at < bytes.size(); skip(true)) {
    runtime.budget.spend();
    if (limit >= 0 && static_cast<int64_t>(parts.size()) == limit) {
      parts.push_back(text.substr(at, bytes.size()));
      break;
    }
    const size_t begin = at;
    skip(false);
    parts.push_back(text.substr(begin, at));
  }
  return parts;
}

std::vector<Value> split_at_spaces_from_right(Runtime& runtime, const TrackedText& text,
                                              int64_t limit) {
  const std::string_view bytes = text.bytes();
  std::vector<Value> parts;
  size_t at = bytes.size();
  const auto skip = [&](bool spaces) {
    while (at > 0) {
      const size_t before = character_before(bytes, at);
      if (is_space(character_at(bytes, before).code) != spaces) break;
      at = before;
    }
  };
  for (skip(true); at > 0; skip(true)) {
    runtime.budget.spend();
    if (static_cast<int64_t>(parts.size()) == limit) {
      parts.push_back(text.substr(0, at));
      break;
    }
    const size_t end = at;
    skip(false);
    parts.push_back(text.substr(at, end));
  }
  std::reverse(parts.begin(), parts.end());
  return parts;
}

}  // namespace

TrackedText strip(const TrackedText& text, const TrackedText* characters, bool left, bool right) {
  const std::string_view bytes = text.bytes();
  size_t begin = 0;
  size_t end = bytes.size();
  while (left && begin < end) {
    const Character character = character_at(bytes, begin);
    if (!is_stripped(character.code, bytes.substr(begin, character.bytes), characters)) break;
    begin += character.bytes;
  }
  while (right && end > begin) {
    const size_t last = character_before(bytes, end);
    const uint32_t code = character_at(bytes, last).code;
    if (!is_stripped(code, bytes.substr(last, end - last), characters)) break;
    end = last;
  }
  return text.substr(begin, end);
}

TrackedText replaced(Runtime& runtime, const TrackedText& text, const TrackedText& old,
                     const TrackedText& replacement, int64_t count) {
  const std::string_view bytes = text.bytes();
  runtime.budget.spend_bytes(bytes.size());
  TrackedText result;
  size_t copied = 0;
  const auto replace_at = [&](size_t begin, size_t end) {
    runtime.budget.spend_bytes(replacement.size());
    result.append(text, copied, begin);
    result.append(replacement);
    copied = end;
  };
  if (old.empty()) {  // between all characters
    for (size_t i = 0; count != 0; --count) {
      replace_at(i, i);
      if (i == bytes.size()) break;
      i += character_at(bytes, i).bytes;
    }
  } else {
    for (size_t i = bytes.find(old.bytes()); i != bytes.npos && count != 0; --count) {
      replace_at(i, i + old.size());
      i = bytes.find(old.bytes(), copied);
    }
  }
  result.append(text, copied, bytes.size());
  return result;
}

TrackedText upper(const TrackedText& text) {
  return mapped(text, [](uint32_t) { return Case::kUpper; });
}

TrackedText lower(const TrackedText& text) {
  return mapped(text, [](uint32_t) { return Case::kLower; });
}

TrackedText capitalized(const TrackedText& text) {
  bool first = true;
  return mapped(text, [&](uint32_t) {
    const Case wanted = first ? Case::kTitle : Case::kLower;
    first = false;
    return wanted;
  });
}

TrackedText titled(const TrackedText& text) {
  bool inside = false;
  return mapped(text, [&](uint32_t code) {
    const Case wanted = inside ? Case::kLower : Case::kTitle;
    inside = is_cased_letter(code);
    return wanted;
  });
}

TrackedText swapped(const TrackedText& text) {
  return mapped(text, [](uint32_t code) {
    return is_upper(code) ? Case::kLower : is_lower(code) ? Case::kUpper : Case::kSame;
  });
}

std::vector<Value> split(Runtime& runtime, const TrackedText& text, const TrackedText* separator,
                         int64_t limit, bool from_right) {
  runtime.budget.spend_bytes(text.size());
  if (separator == nullptr) {
    return from_right ? split_at_spaces_from_right(runtime, text, limit)
                      : split_at_spaces(runtime, text, limit);
  }
  if (separator->empty()) throw Failure("empty separator");
  const std::string_view bytes = text.bytes();
  const std::string& wanted = separator->bytes();
  std::vector<Value> parts;
  if (!from_right) {
    size_t begin = 0;
    while (limit < 0 || static_cast<int64_t>(parts.size()) < limit) {
      const size_t found = bytes.find(wanted, begin);
      if (found == bytes.npos) break;
      runtime.budget.spend();
      parts.push_back(text.substr(begin, found));
      begin = found + wanted.size();
    }
    parts.push_back(text.substr(begin, bytes.size()));
    return parts;
  }
  size_t end = bytes.size();
  while ((limit < 0 || static_cast<int64_t>(parts.size()) < limit) && end >= wanted.size()) {
    const size_t found = bytes.rfind(wanted, end - wanted.size());
    if (found == bytes.npos) break;
    runtime.budget.spend();
    parts.push_back(text.substr(found + wanted.size(), end));
    end = found;
  }
  parts.push_back(text.substr(0, end));
  std::reverse(parts.begin(), parts.end());
  return parts;
}

std::vector<TrackedText> split_lines(Runtime& runtime, const TrackedText& text, bool keep_ends) {
  const std::string_view bytes = text.bytes();
  runtime.budget.spend_bytes(bytes.size());
  std::vector<TrackedText> lines;
  size_t begin = 0;
  for (size_t i = 0; i < bytes.size();) {
    const Character character = character_at(bytes, i);
    size_t end = i + character.bytes;
    if (is_line_break(character.code)) {
      runtime.budget.spend();
      if (character.code == '\r' && end < bytes.size() && bytes[end] == '\n') ++end;
      lines.push_back(text.substr(begin, keep_ends ? end : i));
      begin = end;
    }
    i = end;
  }
  if (begin < bytes.size()) lines.push_back(text.substr(begin, bytes.size()));
  return lines;
}

TrackedText join(Runtime& runtime, const TrackedText& separator,
                 const std::vector<TrackedText>& parts) {
  TrackedText result;
  for (size_t i = 0; i < parts.size(); ++i) {
    runtime.budget.spend_bytes(parts[i].size() + separator.size());
    if (i > 0) result.append(separator);
    result.append(parts[i]);
  }
  return result;
}

bool is_cased(const TrackedText& text, bool wants_upper) {
  const std::string_view bytes = text.bytes();
  bool any = false;
  for (size_t i = 0; i < bytes.size();) {
    const Character character = character_at(bytes, i);
    if (wants_upper ? is_lower(character.code) : is_upper(character.code)) return false;
    if (is_title(character.code)) return false;
    any |= wants_upper ? is_upper(character.code) : is_lower(character.code);
    i += character.bytes;
  }
  return any;
}

TrackedText escaped(Runtime& runtime, const TrackedText& text) {
  if (text.is_markup()) return text;
  TrackedText result;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text.bytes()[i];
    const char* entity = c == '&'    ? "&amp;"
                         : c == '<'  ? "&lt;"
                         : c == '>'  ? "&gt;"
                         : c == '\'' ? "&#39;"
                         : c == '"'  ? "&#34;"
                                     : nullptr;
    runtime.budget.spend_bytes(1);
    if (entity) {
      result.append(entity, text.is_user(i));
    } else {
      result.append(text, i, i + 1);
    }
  }
  result.set_markup(true);
  return result;
}

Value as_markup(Value value) {
  if (value.is(Kind::kText)) {
    TrackedText text = value.text();
    text.set_markup(true);
    return text;
  }
  if (!value.is(Kind::kSequence)) return value;
  std::vector<Value> items;
  for (const Value& item : value.sequence()->items) items.push_back(as_markup(item));
  return make_sequence(value.sequence()->type, std::move(items));
}

TrackedText soft_text(Runtime& runtime, const Value& value) {
  return to_text(runtime.budget, value);
}

}  // namespace twin::chat
