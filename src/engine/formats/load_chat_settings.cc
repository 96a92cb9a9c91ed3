#include <algorithm>

#include "engine/formats/gguf.h"
#include "engine/formats/gguf_tokenizer.h"
#include "engine/formats/model_folder.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

const std::string kTemplate = "tokenizer.chat_template";
const std::string kNames = "tokenizer.chat_templates";

// The texts of the tokens that templates ask for by name. The keys alone: the vocabulary may be of
// a kind that we have no tokenizer for.
void read_special_tokens(const GgufMetadata& metadata, ChatSettings& settings) {
  const std::vector<std::string> tokens = metadata.texts("tokenizer.ggml.tokens");
  constexpr std::pair<const char*, const char*> kTokens[] = {{"bos_token", "bos"},
                                                             {"eos_token", "eos"},
                                                             {"unk_token", "unknown"},
                                                             {"pad_token", "padding"}};
  for (const auto& [name, key] : kTokens) {
    const size_t id =
        metadata.size_or("tokenizer.ggml." + std::string(key) + "_token_id", tokens.size());
    if (id < tokens.size()) settings.special_tokens[name] = tokens[id];
  }
}

}  // namespace

ChatSettings load_chat_settings(const fs::path& path) {
  if (fs::is_directory(path)) return read_chat_settings(path);
  ChatSettings settings;
  if (!is_gguf(path)) return settings;
  const GgufFile file(path);
  const GgufMetadata& metadata = file.metadata();
  if (metadata.has(kTemplate)) settings.templates["default"] = metadata.text_or(kTemplate, "");
  for (const std::string& name : metadata.texts(kNames)) {
    const std::string key = kTemplate + "." + name;
    if (!metadata.has(key)) metadata.refuse(kNames + " names '" + name + "', but no " + key);
    settings.templates[name] = metadata.text_or(key, "");
  }
  if (!settings.templates.empty()) read_special_tokens(metadata, settings);
  return settings;
}

void write_gguf_chat_templates(const ChatSettings& settings, GgufMetadata& metadata) {
  std::vector<std::string> names;
  for (const auto& [given, text] : settings.templates) {
    if (given == "default") {
      metadata.set_text(kTemplate, text);
      continue;
    }
    std::string name = given;
    std::replace_if(
        name.begin(), name.end(),
        [](char c) {
          return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'));
        },
        '_');
    metadata.set_text(kTemplate + "." + name, text);
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  if (!names.empty()) metadata.set_texts(kNames, names);
}

}  // namespace twin
