#include "engine/chat/chat_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"

namespace twin {
namespace {

const std::string& template_text(const Json& json, std::string_view where) {
  if (!json.is_string()) {
    throw Error(ErrorCode::kBadInput,
                fmt::format("{}: chat_template holds a {}, expected a string or a list of "
                            "objects with \"name\" and \"template\"",
                            where, json.type_name()));
  }
  return json.get_ref<const std::string&>();
}

}  // namespace

const std::string* ChatSettings::find_template(bool with_tools) const {
  auto found = with_tools ? templates.find("tool_use") : templates.end();
  if (found == templates.end()) found = templates.find("default");
  return found == templates.end() ? nullptr : &found->second;
}

void ChatSettings::merge(ChatSettings other) {
  templates.merge(other.templates);
  special_tokens.merge(other.special_tokens);
}

ChatSettings parse_chat_settings(std::string_view tokenizer_config, std::string_view where) {
  const Json config = parse_json(tokenizer_config, where);
  if (!config.is_object()) {
    throw Error(ErrorCode::kBadInput, fmt::format("{}: not a JSON object", where));
  }
  ChatSettings settings;
  if (const auto found = config.find("chat_template"); found != config.end()) {
    if (found->is_array()) {
      for (const Json& entry : *found) {
        if (!entry.is_object() || !entry.contains("name") || !entry.contains("template")) {
          template_text(entry.is_string() ? Json(nullptr) : entry, where);
        }
        settings.templates[template_text(entry["name"], where)] =
            template_text(entry["template"], where);
      }
    } else if (!found->is_null()) {
      settings.templates["default"] = template_text(*found, where);
    }
  }
  for (const auto& [key, value] : config.items()) {
    if (!key.ends_with("_token")) continue;
    if (value.is_string()) {
      settings.special_tokens[key] = value.get_ref<const std::string&>();
    } else if (value.is_object() && value.contains("content") && value["content"].is_string()) {
      settings.special_tokens[key] = value["content"].get_ref<const std::string&>();
    }
  }
  return settings;
}

ChatSettings read_chat_settings(const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  constexpr uint64_t kMaxFile = uint64_t{64} << 20;
  ChatSettings settings;
  // Older folders have tokens and templates in files of their own; tokenizer_config.json counts.
  for (const char* name :
       {"tokenizer_config.json", "special_tokens_map.json", "chat_template.json"}) {
    const fs::path file = folder / name;
    if (!fs::exists(file)) continue;
    settings.merge(parse_chat_settings(read_file(file, kMaxFile), file.string()));
  }
  if (const fs::path file = folder / "chat_template.jinja"; fs::exists(file)) {
    settings.templates["default"] = read_file(file, kMaxFile);
  }
  if (const fs::path more = folder / "additional_chat_templates"; fs::is_directory(more)) {
    for (const auto& entry : fs::directory_iterator(more)) {
      if (entry.path().extension() != ".jinja") continue;
      settings.templates[entry.path().stem().string()] = read_file(entry.path(), kMaxFile);
    }
  }
  return settings;
}

}  // namespace twin
