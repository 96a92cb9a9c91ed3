#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "cli/model_argument.h"
#include "cli/models_command.h"
#include "engine/generate/perplexity.h"

namespace twin {
namespace {

struct PerplexityCommandOptions {
  ModelArgument model;
  std::vector<std::string> files;
  PerplexityOptions perplexity;
  bool add_bos = true;
};

void run_perplexity(Session& session, PerplexityCommandOptions options) {
  const LanguageModel model = load_model(session, options.model);
  std::string text;
  for (const std::string& file : options.files) text += read_file(file);
  std::vector<TokenId> ids = model.tokenizer->encode(text);
  const auto bos = model.tokenizer->bos_token_id();
  if (bos && options.add_bos) {
    ids.insert(ids.begin(), *bos);
    options.perplexity.bos = *bos;
  }
  Decoder decoder(session.context(), session.kernels(), *model.weights);
  options.perplexity.adapter = model.adapter.get();
  const Perplexity result = measure_perplexity(session.context(), decoder, ids, options.perplexity);
  session.print(fmt::format("perplexity {:.4f} +/- {:.4f} over {} tokens ({} windows of {})\n",
                            result.perplexity, result.standard_error, result.tokens, result.windows,
                            options.perplexity.window));
  if (result.tokens_left_out > 0) {
    session.context().log.info(
        fmt::format("{} tokens behind the last whole window do not count", result.tokens_left_out));
  }
  session.print_json({{"perplexity", result.perplexity},
                      {"standard_error", result.standard_error},
                      {"tokens", result.tokens},
                      {"windows", result.windows},
                      {"window", options.perplexity.window},
                      {"tokens_left_out", result.tokens_left_out}});
}

}  // namespace

void add_models_perplexity(CLI::App& models, Invocation& invocation) {
  auto options = std::make_shared<PerplexityCommandOptions>();
  CLI::App* perplexity = models.add_subcommand("perplexity", "How surprised a model is by a text");
  add_model_argument(perplexity, options->model);
  add_unverified_flag(perplexity, options->model);
  perplexity->add_option("FILE", options->files, "Text files, read as one text")->required();
  perplexity->add_option("--window", options->perplexity.window, "Tokens that see one another")
      ->capture_default_str()
      ->check(CLI::Range(2, 1 << 20));
  perplexity->add_flag("!--no-bos", options->add_bos, "Do not begin windows with the bos token");
  perplexity->footer(
      "Example:\n  twin models perplexity model.gguf corpus.txt\n\n"
      "Windows do not overlap; their second halves count, as in llama.cpp's perplexity tool, so\n"
      "that the figures compare.");
  perplexity->callback([&invocation, options] {
    invocation.run = [options](Session& session) { run_perplexity(session, *options); };
  });
}

}  // namespace twin
