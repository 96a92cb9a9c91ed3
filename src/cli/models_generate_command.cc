#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/progress.h"
#include "cli/model_argument.h"
#include "cli/models_command.h"
#include "engine/generate/generate.h"

namespace twin {
namespace {

struct GenerateOptions {
  ModelArgument model;
  TextArgument text;
  bool add_bos = true;
  SamplingOptions sampling;
};

void run_generate(Session& session, const GenerateOptions& options) {
  const LanguageModel model = load_model(session, options.model);
  const std::string text = read_text(options.text);
  std::vector<TokenId> prompt;
  if (const auto bos = model.tokenizer->bos_token_id(); bos && options.add_bos) {
    prompt.push_back(*bos);
  }
  const std::vector<TokenId> encoded = model.tokenizer->encode(text);
  prompt.insert(prompt.end(), encoded.begin(), encoded.end());
  if (prompt.empty()) {
    throw Error(ErrorCode::kUsage, "this model needs a prompt: its tokenizer has no bos token");
  }
  SamplingOptions sampling = options.sampling;
  sampling.stop_tokens = stop_tokens(*model.tokenizer);
  if (const auto bos = model.tokenizer->bos_token_id()) sampling.stop_tokens.push_back(*bos);
  Decoder decoder(session.context(), session.kernels(), *model.weights);
  GenerationRequest request;
  request.prompt = prompt;
  request.sampling = sampling;
  request.tokenizer = model.tokenizer.get();
  request.adapter = model.adapter.get();
  request.on_text = [&](std::string_view piece) {
    session.print(piece);
    return true;
  };
  const auto start = std::chrono::steady_clock::now();
  session.print(text);
  const Generation generation = generate(session.context(), decoder, request);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  session.print("\n");
  session.context().log.info(fmt::format("{} tokens in {}, {:.0f} tokens/s", generation.ids.size(),
                                         format_duration(seconds),
                                         static_cast<double>(generation.ids.size()) / seconds));
  session.print_json({{"text", generation.text},
                      {"ids", generation.ids},
                      {"prompt_ids", prompt},
                      {"stopped", generation.stopped},
                      {"seconds", seconds}});
}

}  // namespace

void add_models_generate(CLI::App& models, Invocation& invocation) {
  auto options = std::make_shared<GenerateOptions>();
  CLI::App* generate = models.add_subcommand("generate", "Continue a text");
  add_model_argument(generate, options->model);
  add_text_argument(generate, options->text, "The text to continue");
  SamplingOptions& sampling = options->sampling;
  generate->add_option("--temperature", sampling.temperature, "Randomness; 0: greedy")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  generate->add_option("--top-k", sampling.top_k, "Among this many likeliest tokens; 0: all");
  generate->add_option("--top-p", sampling.top_p, "Among tokens of this total probability")
      ->check(CLI::Range(0.0, 1.0));
  generate->add_option("--max-new-tokens", sampling.max_new_tokens, "Longest continuation")
      ->capture_default_str();
  generate->add_option("--seed", sampling.seed, "Seed")->capture_default_str();
  generate->add_flag("!--no-bos", options->add_bos, "Do not begin with the bos token");
  generate->footer(
      "Examples:\n"
      "  twin models generate stories260K.bin --temperature 0 --max-new-tokens 200\n"
      "  twin models generate sft \"The trouble with varnish\"");
  generate->callback([&invocation, options] {
    invocation.run = [options](Session& session) { run_generate(session, *options); };
  });
}

}  // namespace twin
