#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/model_argument.h"
#include "cli/models_command.h"
#include "engine/formats/model_folder.h"

namespace twin {
namespace {

struct TokenizeOptions {
  ModelArgument model;
  TextArgument text;
};

void run_tokenize(Session& session, const TokenizeOptions& options) {
  const auto tokenizer = load_tokenizer(tokenizer_path(session, options.model));
  const std::string text = read_text(options.text);
  const std::vector<TokenId> ids = tokenizer->encode(text);
  std::string shown;
  for (const TokenId id : ids) {
    shown += fmt::format("{:>7}  {}\n", id, dump_json(Json(tokenizer->decode({&id, 1}))));
  }
  session.print(shown);
  session.print(fmt::format("{} tokens, {} bytes\n", ids.size(), text.size()));
  session.print_json({{"ids", ids}, {"tokens", ids.size()}});
}

}  // namespace

void add_models_tokenize(CLI::App& models, Invocation& invocation) {
  auto options = std::make_shared<TokenizeOptions>();
  CLI::App* tokenize = models.add_subcommand("tokenize", "Text as token ids");
  add_model_argument(tokenize, options->model);
  add_text_argument(tokenize, options->text, "The text");
  tokenize->footer("Example:\n  twin models tokenize tokenizer \"Hello there\" --json");
  tokenize->callback([&invocation, options] {
    invocation.run = [options](Session& session) { run_tokenize(session, *options); };
  });
}

}  // namespace twin
