#include "collection/exports/telegram_text.h"

#include <nlohmann/json.hpp>

#include "collection/exports/export_text.h"

namespace twin {
namespace {

// Marks hold only where they touch what they mark: white space stays outside.
std::string marked(const std::string& text, std::string_view open, std::string_view close) {
  const std::string_view inner = trim(text);
  if (inner.empty()) return text;
  const auto begin = static_cast<size_t>(inner.data() - text.data());
  std::string all = text.substr(0, begin);
  all.append(open).append(inner).append(close);
  return all + text.substr(begin + inner.size());
}

std::string quoted(const std::string& text) {
  return "> " + replace_all(std::string(trim(text)), "\n", "\n> ") + "\n\n";
}

std::string markdown_of(const Json& entity) {
  if (entity.is_string()) return entity.get<std::string>();
  const std::string type = text_member(entity, "type"), text = text_member(entity, "text");
  if (type == "bold") return marked(text, "**", "**");
  if (type == "italic") return marked(text, "*", "*");
  if (type == "strikethrough") return marked(text, "~~", "~~");
  if (type == "code") return marked(text, "`", "`");
  if (type == "text_link") return marked(text, "[", "](" + text_member(entity, "href") + ")");
  if (type == "blockquote") return quoted(text);
  if (type == "pre") return "```" + text_member(entity, "language") + '\n' + text + "\n```\n";
  return text;
}

}  // namespace

std::string telegram_markdown(const Json& message) {
  for (const char* name : {"text_entities", "text"}) {
    const auto found = message.find(name);
    if (found == message.end()) continue;
    if (found->is_string()) return std::string(trim(found->get<std::string>()));
    if (!found->is_array() || found->empty()) continue;
    std::string text;
    for (const Json& entity : *found) text += markdown_of(entity);
    return std::string(trim(text));
  }
  return {};
}

}  // namespace twin
