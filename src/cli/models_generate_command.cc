#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/progress.h"
#include "cli/model_argument.h"
#include "cli/models_command.h"
#include "engine/generate/generate.h"
#include "engine/generate/json_schema.h"

namespace twin {
namespace {

struct GenerateOptions {
  ModelArgument model;
  TextArgument text;
  bool add_bos = true;
  SamplingOptions sampling;
  std::string grammar_file;
  std::string schema_file;
};

// What --grammar or --json-schema holds the text to; null: nothing.
std::shared_ptr<Constraint> read_constraint(const GenerateOptions& options,
                                            const LanguageModel& model) {
  if (options.grammar_file.empty() && options.schema_file.empty()) return nullptr;
  const bool is_schema = options.grammar_file.empty();
  const std::string& file = is_schema ? options.schema_file : options.grammar_file;
  const std::string text = read_file(file);
  const Grammar grammar = is_schema ? json_schema_grammar(text, file) : parse_grammar(text, file);
  const auto vocabulary = std::make_shared<const Vocabulary>(
      vocabulary_of(*model.tokenizer, model.weights->config.vocab_size));
  return std::make_shared<Constraint>(std::make_shared<TokenGrammar>(grammar, vocabulary, file));
}

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
  request.adapter = model.adapter;
  request.constraint = read_constraint(options, model);
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
  generate
      ->add_option("--min-p", sampling.min_p,
                   "Among tokens with this share of the likeliest one's probability")
      ->check(CLI::Range(0.0, 1.0));
  generate
      ->add_option("--typical-p", sampling.typical_p,
                   "Among the most typical tokens of this total probability")
      ->check(CLI::Range(0.0, 1.0));
  generate->add_option("--repetition-penalty", sampling.repetition_penalty,
                       "Above 1: what is in the prompt or the text becomes less likely");
  generate->add_option("--frequency-penalty", sampling.frequency_penalty,
                       "Off a token's logit each time it is in the text");
  generate->add_option("--presence-penalty", sampling.presence_penalty,
                       "Off a token's logit once it is in the text");
  generate->add_option("--stop", sampling.stop_strings, "The text ends before this; repeatable");
  auto* grammar = generate->add_option("--grammar", options->grammar_file,
                                       "A file of GBNF rules that the text is held to");
  generate
      ->add_option("--json-schema", options->schema_file, "A JSON schema that the text is held to")
      ->excludes(grammar);
  generate->add_option("--lookup", sampling.lookup_tokens,
                       "Guess up to this many tokens from the text's own past (same text); 0: off");
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
