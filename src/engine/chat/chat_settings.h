#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace twin {

// What a model's folder says of its chats.
struct ChatSettings {
  // By name; the one that counts unless another is asked for is "default".
  std::map<std::string, std::string> templates;
  // "bos_token" -> "<s>", as ChatRequest takes them.
  std::map<std::string, std::string> special_tokens;

  // The template for a chat: "tool_use" where there are tools and such a template, else "default".
  // Null where there is none.
  const std::string* find_template(bool with_tools) const;

  // Adds what `other` has and this lacks.
  void merge(ChatSettings other);
};

// From the text of a tokenizer_config.json: `chat_template`, one string or a list of named ones,
// and the tokens, strings or objects with "content". `where` names it in errors. Errors: kBadInput
// where it is not JSON or a template is no string.
ChatSettings parse_chat_settings(std::string_view tokenizer_config, std::string_view where);

// From a Hugging Face folder: tokenizer_config.json, what it lacks from special_tokens_map.json and
// chat_template.json, over whose templates go chat_template.jinja ("default") and
// additional_chat_templates/NAME.jinja. Files that are absent say nothing.
// Errors: as above.
ChatSettings read_chat_settings(const std::filesystem::path& folder);

}  // namespace twin
