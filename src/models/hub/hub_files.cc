#include "models/hub/hub_files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>

#include "base/error.h"

namespace twin {
namespace {

// What stands beside the weights and is read: config, tokenizers of every kind, chat templates.
constexpr std::array kBesideWeights = {
    "config.json",
    "generation_config.json",
    "adapter_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "tokenizer.model",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "vocab.txt",
    "merges.txt",
    "*.tiktoken",
    "spiece.model",
    "sentencepiece.bpe.model",
    "chat_template.json",
    "chat_template.jinja",
    "parity.json",
    "modules.json",
    "sentence_bert_config.json",
    "config_sentence_transformers.json",
};

// The only files read that do not stand at the root: a model's other chat templates, and how an
// embedder makes one vector of its tokens'.
constexpr std::array kInFolders = {"additional_chat_templates/*.jinja", "?_Pooling/config.json"};

// The names that Hugging Face's own writers give to weights, shards and adapters. Whatever else
// ends in .safetensors (consolidated, fp16 copies) is the same model again.
constexpr std::array kUsualWeights = {
    "model.safetensors",
    "model-*-of-*.safetensors",
    "model.safetensors.index.json",
    "adapter_model.safetensors",
};

constexpr size_t kShownNames = 20;

bool at_root(std::string_view path) { return path.find('/') == std::string_view::npos; }

std::string upper(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return result;
}

template <class Patterns>
bool matches_any(std::string_view path, const Patterns& patterns) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const char* pattern) { return matches_pattern(path, pattern); });
}

// A GGUF model's name without ".gguf" and without "-00001-of-00003": equal for all its parts.
std::string gguf_model(std::string_view path) {
  path.remove_suffix(std::string_view(".gguf").size());
  constexpr std::string_view kPart = "-00001-of-00001";
  if (path.size() > kPart.size() &&
      matches_pattern(path.substr(path.size() - kPart.size()), "-*-of-*")) {
    path.remove_suffix(kPart.size());
  }
  return std::string(path);
}

// GGUF models by name, each with its parts' paths. A vision projector is no model.
std::map<std::string, std::vector<std::string>> gguf_models(std::span<const std::string> paths) {
  std::map<std::string, std::vector<std::string>> models;
  for (const std::string& path : paths) {
    const std::string name = path.substr(path.rfind('/') + 1);
    if (path.ends_with(".gguf") && !name.starts_with("mmproj")) {
      models[gguf_model(path)].push_back(path);
    }
  }
  return models;
}

std::string list_of(const std::vector<std::string>& names) {
  const size_t shown = std::min(names.size(), kShownNames);
  std::string text =
      fmt::format("{}", fmt::join(names.begin(), names.begin() + static_cast<long>(shown), ", "));
  if (shown < names.size()) text += fmt::format(" and {} more", names.size() - shown);
  return text;
}

std::vector<std::string> names_of(const std::map<std::string, std::vector<std::string>>& models) {
  std::vector<std::string> names;
  names.reserve(models.size());
  for (const auto& [name, parts] : models) names.push_back(name + ".gguf");
  return names;
}

std::vector<std::string> pick_gguf(std::span<const std::string> paths, std::string_view wanted,
                                   std::string_view repository) {
  const auto models = gguf_models(paths);
  const std::string quantisation = upper(wanted);
  std::vector<std::string> fitting;
  for (const auto& [name, parts] : models) {
    const std::string model = upper(name);
    if (!model.ends_with(quantisation)) continue;
    const size_t before = model.size() - quantisation.size();
    const bool whole_word =
        before == 0 || std::string_view("-._/").find(model[before - 1]) != std::string_view::npos;
    if (whole_word) fitting.push_back(name);
  }
  if (fitting.size() == 1) return models.at(fitting.front());
  if (fitting.size() > 1) {
    throw Error(ErrorCode::kUsage, fmt::format("{}:{} fits several models: {}; name one file",
                                               repository, wanted, list_of(fitting)));
  }
  std::vector<std::string> there = names_of(models);
  if (there.empty()) there.assign(paths.begin(), paths.end());
  throw Error(ErrorCode::kUsage,
              fmt::format("{} has no file '{}'; it has: {}", repository, wanted, list_of(there)));
}

std::vector<std::string> pick_needed(std::span<const std::string> paths,
                                     std::string_view repository) {
  std::vector<std::string> weights, beside;
  for (const std::string& path : paths) {
    if (matches_any(path, kInFolders)) beside.push_back(path);
    if (!at_root(path)) continue;
    if (matches_any(path, kUsualWeights)) weights.push_back(path);
    if (matches_any(path, kBesideWeights)) beside.push_back(path);
  }
  if (weights.empty()) {
    for (const std::string& path : paths) {
      if (at_root(path) && path.ends_with(".safetensors")) weights.push_back(path);
    }
  }
  if (!weights.empty()) {
    std::vector<std::string> picked;
    for (const std::string& path : paths) {
      const bool needed = std::find(weights.begin(), weights.end(), path) != weights.end() ||
                          std::find(beside.begin(), beside.end(), path) != beside.end();
      if (needed) picked.push_back(path);
    }
    return picked;
  }
  const auto models = gguf_models(paths);
  if (models.size() == 1) return models.begin()->second;
  if (models.size() > 1) {
    throw Error(ErrorCode::kUsage, fmt::format("{} has several models: {}; say which, as {}:Q8_0",
                                               repository, list_of(names_of(models)), repository));
  }
  throw Error(ErrorCode::kBadInput,
              fmt::format("{} has neither safetensors nor GGUF weights, the kinds that are read",
                          repository));
}

}  // namespace

std::vector<std::string> pick_files(std::span<const std::string> paths, std::string_view wanted,
                                    std::string_view repository) {
  if (wanted.empty()) return pick_needed(paths, repository);
  std::vector<std::string> picked;
  for (const std::string& path : paths) {
    if (matches_pattern(path, wanted)) picked.push_back(path);
  }
  if (!picked.empty()) return picked;
  return pick_gguf(paths, wanted, repository);
}

std::string entry_file(std::span<const std::string> picked) {
  std::string first;
  for (const std::string& path : picked) {
    if (path == "config.json" || path == "adapter_config.json") return "";
    if (path.ends_with(".gguf") && (first.empty() || path < first)) first = path;
  }
  return first;
}

bool matches_pattern(std::string_view text, std::string_view pattern) {
  // The last * and where its run may be made longer: no recursion, no more than |text| * |pattern|.
  size_t t = 0, p = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace twin
