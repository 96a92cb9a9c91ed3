#include "collection/exports/slack_text.h"

#include <algorithm>

#include "collection/exports/export_text.h"

namespace twin {
namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         static_cast<unsigned char>(c) >= 0x80;
}

// What stands between '<' and '>'.
std::string reference(std::string_view inner, const std::map<std::string, std::string>& names) {
  const size_t bar = inner.find('|');
  const std::string_view target = inner.substr(0, bar);
  const std::string label(bar == inner.npos ? std::string_view() : inner.substr(bar + 1));
  if (target.starts_with('@')) {
    const auto name = names.find(std::string(target.substr(1)));
    if (name != names.end()) return '@' + name->second;
    return '@' + (label.empty() ? std::string(target.substr(1)) : label);
  }
  if (target.starts_with('#')) return '#' + (label.empty() ? std::string(target.substr(1)) : label);
  if (target.starts_with('!')) {
    return label.empty() ? '@' + std::string(target.substr(1, target.find('^') - 1)) : label;
  }
  const std::string link = unescape_basic_entities(target);
  if (label.empty() || link.ends_with(label)) return link.starts_with("mailto:") ? label : link;
  return '[' + unescape_basic_entities(label) + "](" + link + ')';
}

// The end of a marked stretch that begins with the mark at `at`; npos where it is no mark.
size_t closing(std::string_view text, size_t at) {
  const char mark = text[at];
  if ((at > 0 && is_word(text[at - 1])) || at + 1 >= text.size() || text[at + 1] == ' ' ||
      text[at + 1] == mark) {
    return text.npos;
  }
  for (size_t i = at + 1; i < text.size() && text[i] != '\n'; ++i) {
    const bool ends =
        text[i] == mark && text[i - 1] != ' ' && (i + 1 == text.size() || !is_word(text[i + 1]));
    if (ends) return i;
  }
  return text.npos;
}

}  // namespace

std::string slack_markdown(std::string_view text, const std::map<std::string, std::string>& names) {
  std::string markdown;
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '`') {
      const std::string_view fence = text.substr(i).starts_with("```") ? "```" : "`";
      const size_t end = text.find(fence, i + fence.size());
      if (end != text.npos) {
        const std::string code = unescape_basic_entities(text.substr(i, end + fence.size() - i));
        const std::string_view inner =
            std::string_view(code).substr(fence.size(), code.size() - 2 * fence.size());
        // A fence stands on lines of its own in Markdown.
        if (fence.size() == 3) {
          if (!markdown.empty() && !markdown.ends_with('\n')) markdown += '\n';
          markdown += "```\n" + std::string(trim(inner)) + "\n```\n";
        } else {
          markdown += code;
        }
        i = end + fence.size();
        continue;
      }
    }
    if (c == '<') {
      const size_t end = text.find('>', i);
      if (end != text.npos) {
        markdown += reference(text.substr(i + 1, end - i - 1), names);
        i = end + 1;
        continue;
      }
    }
    if (c == '*' || c == '~') {
      const size_t end = closing(text, i);
      if (end != text.npos) {
        const std::string mark(2, c);
        markdown += mark + slack_markdown(text.substr(i + 1, end - i - 1), names) + mark;
        i = end + 1;
        continue;
      }
    }
    const size_t next = std::min(text.find_first_of("`<*~", i + 1), text.size());
    markdown += unescape_basic_entities(text.substr(i, next - i));
    i = next;
  }
  return markdown;
}

}  // namespace twin
