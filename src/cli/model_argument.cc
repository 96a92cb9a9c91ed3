#include "cli/model_argument.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>
#include <iterator>

#include "base/error.h"
#include "base/progress.h"
#include "engine/formats/model_folder.h"
#include "models/hub/hub_cache.h"

namespace twin {

namespace fs = std::filesystem;

CLI::App* add_model_argument(CLI::App* command, ModelArgument& argument) {
  command
      ->add_option(
          "MODEL", argument.model,
          "A model folder (Hugging Face, PEFT), a GGUF file, llama2.c's .bin, a name in the "
          "workspace, or a pulled OWNER/NAME[:FILE]")
      ->required();
  command->add_option("--tokenizer", argument.tokenizer,
                      "tokenizer.json, its folder or tok*.bin (default: the model's own)");
  return command;
}

void add_unverified_flag(CLI::App* command, ModelArgument& argument) {
  command->add_flag("--unverified", argument.unverified,
                    "Use a trained model also where its parity record does not hold");
}

HubSettings environment_hub_settings() {
  return hub_settings([](const char* name) -> const char* { return std::getenv(name); });
}

fs::path model_path(Session& session, const std::string& name) {
  if (fs::exists(name)) return name;
  if (name.find('/') == std::string::npos) {
    const fs::path folder = session.workspace().models() / name;
    if (fs::exists(folder)) return folder;
  } else if (const auto hub_name = parse_hub_name(name)) {
    if (const auto path = find_cached_model(environment_hub_settings().cache, *hub_name)) {
      return *path;
    }
    throw Error(ErrorCode::kUsage,
                fmt::format("{}: no such file or folder, and not fetched from the hub yet: "
                            "`twin models pull {}`",
                            name, name));
  }
  throw Error(
      ErrorCode::kUsage,
      fmt::format("{}: no such file or folder, and no model of that name in the workspace", name));
}

PulledModel pull_model(Session& session, const HubName& name) {
  const auto http = make_http_client(session.context());
  const PulledModel pulled = Hub(session.context(), *http, environment_hub_settings()).pull(name);
  session.context().log.info(
      fmt::format("{} files, {}, of which {} came now", pulled.files.size(),
                  format_bytes(static_cast<double>(pulled.bytes)),
                  format_bytes(static_cast<double>(pulled.downloaded_bytes))));
  return pulled;
}

fs::path tokenizer_path(Session& session, const ModelArgument& argument) {
  if (!argument.tokenizer.empty()) return model_path(session, argument.tokenizer);
  const fs::path model = model_path(session, argument.model);
  if (!fs::is_regular_file(model) || is_gguf(model)) return model;
  std::vector<fs::path> found;
  for (const fs::directory_entry& entry :
       fs::directory_iterator(fs::absolute(model).parent_path())) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("tok") && entry.path().extension() == ".bin")
      found.push_back(entry.path());
  }
  if (found.size() == 1) return found.front();
  throw Error(ErrorCode::kUsage,
              fmt::format("{}: {} beside it; --tokenizer FILE says which to use", model.string(),
                          found.empty() ? "no tokenizer (tok*.bin)" : "several tokenizers"));
}

LanguageModel load_model(Session& session, const ModelArgument& argument) {
  const fs::path path = model_path(session, argument.model);
  const bool own = argument.tokenizer.empty() && (fs::is_directory(path) || is_gguf(path));
  return load_language_model(session.context(), session.kernels(), path,
                             {.tokenizer = own ? fs::path() : tokenizer_path(session, argument),
                              .unverified = argument.unverified});
}

void add_text_argument(CLI::App* command, TextArgument& argument, const std::string& description) {
  command->add_option("TEXT", argument.text, description);
  command->add_flag("--stdin", argument.from_stdin, "Read the text from standard input")
      ->excludes("TEXT");
}

std::string read_text(const TextArgument& argument) {
  if (!argument.from_stdin) return argument.text;
  return {std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
}

}  // namespace twin
