#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "cli/command.h"
#include "models/hub/hub.h"
#include "models/hub/hub_settings.h"
#include "models/language_model.h"

namespace twin {

// The model that a command under `twin models` works on, as its command line names it.
struct ModelArgument {
  std::string model;      // as model_path takes it
  std::string tokenizer;  // empty: the model's own
  bool unverified = false;
};

// Declares MODEL (required) and --tokenizer. `argument` outlives the parse.
CLI::App* add_model_argument(CLI::App* command, ModelArgument& argument);

// Declares --unverified, for commands that run the model.
void add_unverified_flag(CLI::App* command, ModelArgument& argument);

// The hub's settings as the environment has them.
HubSettings environment_hub_settings();

// A path as given, the name of one of the workspace's models ("base", "sft", "tokenizer"), or
// OWNER/NAME[:FILE] of a model that was pulled: its folder or GGUF file in the hub's cache. Never
// asks the network. Errors: kUsage where there is none of these.
std::filesystem::path model_path(Session& session, const std::string& name);

// Fetches a model from the hub, or what of it is not in the cache yet, and logs how much that was.
// Errors: those of Hub::pull().
PulledModel pull_model(Session& session, const HubName& name);

// The tokenizer said, the one in the model's folder, or llama2.c's tok*.bin beside a .bin model.
// Errors: kUsage where there is none or several.
std::filesystem::path tokenizer_path(Session& session, const ModelArgument& argument);

LanguageModel load_model(Session& session, const ModelArgument& argument);

// TEXT or, with --stdin, standard input: what a command under `twin models` is given to read.
struct TextArgument {
  std::string text;
  bool from_stdin = false;
};
void add_text_argument(CLI::App* command, TextArgument& argument, const std::string& description);
std::string read_text(const TextArgument& argument);

}  // namespace twin
