#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/chat_argument.h"
#include "cli/model_argument.h"
#include "cli/models_command.h"
#include "engine/formats/model_folder.h"

namespace twin {
namespace {

struct TokenizeOptions {
  ModelArgument model;
  TextArgument text;
  ChatArgument chat;
  EncodeOptions encode;
};

// The folder or GGUF file that says how its model chats: the tokenizer's, else the model's.
ChatSettings chat_settings(Session& session, const TokenizeOptions& options) {
  ChatSettings settings = load_chat_settings(tokenizer_path(session, options.model));
  const std::filesystem::path model = model_path(session, options.model.model);
  if (settings.templates.empty()) settings = load_chat_settings(model);
  if (settings.templates.empty() && std::filesystem::exists(model / "adapter_config.json")) {
    settings = load_chat_settings(base_of_adapter(model));
  }
  return settings;
}

void run_tokenize(Session& session, const TokenizeOptions& options) {
  const auto tokenizer = load_tokenizer(tokenizer_path(session, options.model));
  std::string text = read_text(options.text);
  std::vector<TokenId> ids;
  if (wants_chat(options.chat)) {
    const ModelChat chat =
        open_chat(options.chat, *tokenizer, chat_settings(session, options), options.model.model);
    ChatPrompt prompt = chat_prompt(session.context(), chat, options.chat, text);
    ids = std::move(prompt.ids);
    text = std::move(prompt.text);
  } else {
    ids = tokenizer->encode(text, options.encode);
  }
  std::string shown;
  for (const TokenId id : ids) {
    const bool special = tokenizer->token_bytes(id).empty();
    shown += fmt::format("{:>7}  {}{}\n", id,
                         dump_json(Json(tokenizer->decode({&id, 1}, {.skip_special = false}))),
                         special ? "  special" : "");
  }
  session.print(shown);
  session.print(fmt::format("{} tokens, {} bytes\n", ids.size(), text.size()));
  session.print_json({{"ids", ids}, {"tokens", ids.size()}, {"text", text}});
}

}  // namespace

void add_models_tokenize(CLI::App& models, Invocation& invocation) {
  auto options = std::make_shared<TokenizeOptions>();
  CLI::App* tokenize = models.add_subcommand("tokenize", "Text as token ids");
  add_model_argument(tokenize, options->model);
  add_text_argument(tokenize, options->text, "The text");
  add_chat_argument(tokenize, options->chat);
  tokenize->add_flag("--add-special-tokens", options->encode.add_special_tokens,
                     "With the bos and eos tokens that the tokenizer puts around a text");
  tokenize->add_flag("--parse-special", options->encode.parse_special,
                     "Special tokens written in the text count as such");
  tokenize->footer(
      "Examples:\n"
      "  twin models tokenize tokenizer \"Hello there\" --json\n"
      "  twin models tokenize SmolLM2-135M-Instruct --system \"Be brief.\" \"Hello there\"\n\n"
      "With --chat, or any option that only a chat has, it shows what the model sees of a chat.");
  tokenize->callback([&invocation, options] {
    invocation.run = [options](Session& session) { run_tokenize(session, *options); };
  });
}

}  // namespace twin
