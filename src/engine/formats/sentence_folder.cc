#include "engine/formats/sentence_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "engine/formats/config_reader.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMaxFileBytes = 1 << 20;
constexpr size_t kMaxPrompt = 4096;  // bytes
constexpr JsonLimits kLimits = {.max_bytes = kMaxFileBytes, .max_depth = 32};
// What tokenizers say where they know no limit is a number like 1e30.
constexpr double kMostTokens = 1 << 24;

// A folder's name within the model's: no way out of it.
bool is_plain_path(const std::string& path) {
  if (path.size() > 200 || path.starts_with('/') || path.find('\\') != std::string::npos ||
      path.find('\0') != std::string::npos) {
    return false;
  }
  const fs::path parts(path);
  return std::none_of(parts.begin(), parts.end(),
                      [](const fs::path& part) { return part == ".."; });
}

std::optional<Pooling> pooling_named(const std::string& name) {
  for (const Pooling pooling : {Pooling::kMean, Pooling::kFirst, Pooling::kLast}) {
    if (name == name_of(pooling)) return pooling;
  }
  if (name == "mean_sqrt_len_tokens") return Pooling::kMean;  // the same once of unit length
  return std::nullopt;
}

Pooling parse_pooling(const ConfigReader& json) {
  std::vector<std::string> modes;
  if (json.has("pooling_mode")) {
    const Json& mode = json["pooling_mode"];
    for (const Json& one : mode.is_array() ? mode : Json::array({mode})) {
      if (!one.is_string()) json.refuse("'pooling_mode' is not a name");
      modes.push_back(one.get<std::string>());
    }
  } else {
    for (const auto& [key, name] : {std::pair{"pooling_mode_cls_token", "cls"},
                                    {"pooling_mode_max_tokens", "max"},
                                    {"pooling_mode_mean_tokens", "mean"},
                                    {"pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens"},
                                    {"pooling_mode_weightedmean_tokens", "weightedmean"},
                                    {"pooling_mode_lasttoken", "lasttoken"}}) {
      if (json.flag_or(key, false)) modes.emplace_back(name);
    }
  }
  if (modes.size() != 1) {
    json.refuse(fmt::format("{} ways of pooling; expected one", modes.size()));
  }
  const std::optional<Pooling> pooling = pooling_named(modes.front());
  if (!pooling) {
    json.refuse(fmt::format("pooling '{}' is not supported; cls, mean and lasttoken are",
                            modes.front().substr(0, 40)));
  }
  if (*pooling == Pooling::kMean && !json.flag_or("include_prompt", true)) {
    json.refuse("a mean without the prompt's tokens is not supported");
  }
  return *pooling;
}

// The first of the names that is a prompt.
std::string prompt_of(const ConfigReader& json, std::initializer_list<const char*> names) {
  if (!json.has("prompts")) return "";
  const ConfigReader prompts = json.object("prompts");
  const std::string usual = json.text_or("default_prompt_name", "");
  for (const std::string name : names) {
    if (!prompts.has(name)) continue;
    std::string prompt = prompts.text_or(name, "");
    if (prompt.size() > kMaxPrompt) json.refuse(fmt::format("prompt '{}' is too long", name));
    return prompt;
  }
  if (usual.empty() || !prompts.has(usual)) return "";
  std::string prompt = prompts.text_or(usual, "");
  if (prompt.size() > kMaxPrompt) json.refuse("the default prompt is too long");
  return prompt;
}

// Calls read(fields) with a file's object; nothing where the text is empty.
template <class Read>
void with_object(const std::string& text, const std::string& where, const Read& read) {
  if (text.empty()) return;
  const Json json = parse_json(text, where, kLimits);
  const ConfigReader reader(json, where);
  if (!json.is_object()) reader.refuse("expected an object");
  read(reader);
}

}  // namespace

const char* name_of(Pooling pooling) {
  switch (pooling) {
    case Pooling::kMean:
      return "mean";
    case Pooling::kFirst:
      return "cls";
    case Pooling::kLast:
      break;
  }
  return "lasttoken";
}

SentenceModules parse_sentence_modules(const std::string& modules, const std::string& where) {
  SentenceModules found;
  if (modules.empty()) return found;
  const Json list = parse_json(modules, where, kLimits);
  const ConfigReader reader(list, where);
  if (!list.is_array() || list.empty()) reader.refuse("expected a list of modules");
  for (size_t i = 0; i < list.size(); ++i) {
    if (!list[i].is_object()) reader.refuse("a module that is no object");
    const ConfigReader module(list[i], where);
    const std::string type = module.text_or("type", "");
    const std::string kind = type.substr(type.rfind('.') + 1);
    const std::string path = module.text_or("path", "");
    if (!is_plain_path(path)) module.refuse("a module's path leads out of the folder");
    if (i == 0 && kind == "Transformer") {
      found.transformer = path;
    } else if (i == 1 && kind == "Pooling") {
      found.pooling = path;
      found.has_pooling = true;
    } else if (i < 2 || kind != "Normalize") {
      module.refuse(
          fmt::format("module {} is '{}'; supported are a Transformer, then Pooling, then "
                      "Normalize",
                      i, type.substr(0, 80)));
    }
  }
  return found;
}

SentenceSettings parse_sentence_settings(const SentenceFiles& files, const std::string& where) {
  SentenceSettings settings;
  const SentenceModules modules = parse_sentence_modules(files.modules, where + "/modules.json");
  settings.module_path = modules.transformer;
  const std::string pooling = where + '/' + modules.pooling + "/config.json";
  if (modules.has_pooling && files.pooling.empty()) {
    throw Error(ErrorCode::kBadInput, fmt::format("{}: is missing", pooling));
  }
  with_object(files.pooling, pooling,
              [&](const ConfigReader& json) { settings.pooling = parse_pooling(json); });
  with_object(files.tokenizer, where + "/tokenizer_config.json", [&](const ConfigReader& json) {
    if (!json.has("model_max_length") || !json["model_max_length"].is_number()) return;
    const double tokens = json["model_max_length"].get<double>();
    if (tokens >= 1 && tokens <= kMostTokens) settings.max_seq_length = static_cast<size_t>(tokens);
  });
  with_object(files.transformer, where + "/sentence_bert_config.json",
              [&](const ConfigReader& json) {
                settings.max_seq_length = json.size_or("max_seq_length", settings.max_seq_length);
                settings.do_lower_case = json.flag_or("do_lower_case", false);
              });
  with_object(files.prompts, where + "/config_sentence_transformers.json",
              [&](const ConfigReader& json) {
                settings.query_prompt = prompt_of(json, {"query"});
                settings.document_prompt = prompt_of(json, {"document", "passage", "corpus"});
                settings.truncate_dim = json.size_or("truncate_dim", 0);
              });
  return settings;
}

SentenceSettings read_sentence_settings(const fs::path& folder) {
  const auto read = [](const fs::path& file) {
    return fs::exists(file) ? read_file(file, kMaxFileBytes) : std::string();
  };
  SentenceFiles files;
  files.modules = read(folder / "modules.json");
  const SentenceModules modules =
      parse_sentence_modules(files.modules, (folder / "modules.json").string());
  if (modules.has_pooling) files.pooling = read(folder / modules.pooling / "config.json");
  const fs::path transformer = folder / modules.transformer;
  files.transformer = read(transformer / "sentence_bert_config.json");
  files.tokenizer = read(transformer / "tokenizer_config.json");
  files.prompts = read(folder / "config_sentence_transformers.json");
  return parse_sentence_settings(files, folder.string());
}

}  // namespace twin
