#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.h"
#include "base/files.h"
#include "base/progress.h"
#include "cli/chat_argument.h"
#include "cli/model_argument.h"
#include "cli/models_command.h"
#include "engine/formats/model_folder.h"
#include "engine/generate/generate.h"
#include "engine/generate/json_schema.h"
#include "models/parity.h"

namespace twin {
namespace {

struct GenerateOptions {
  ModelArgument model;
  TextArgument text;
  ChatArgument chat;
  bool add_special_tokens = true;
  bool parse_special = false;
  SamplingOptions sampling;
  bool longest_given = false;  // --max-new-tokens
  std::string grammar_file;
  std::string schema_file;
  std::string adapter;
};

// What a model is given to go on from.
struct Prompt {
  std::vector<TokenId> ids;
  std::string text;
  std::vector<TokenId> stop_tokens;
};

Prompt make_prompt(Session& session, const GenerateOptions& options, const LanguageModel& model) {
  Prompt prompt;
  prompt.stop_tokens = stop_tokens(model);
  prompt.text = read_text(options.text);
  if (wants_chat(options.chat)) {
    const ModelChat chat =
        open_chat(options.chat, *model.tokenizer, model.chat, options.model.model);
    const ChatPrompt rendered = chat_prompt(session.context(), chat, options.chat, prompt.text);
    prompt.ids = rendered.ids;
    prompt.text = rendered.text;
    if (const auto end = chat.end_of_turn()) prompt.stop_tokens.push_back(*end);
    if (prompt.ids.empty()) {
      throw Error(
          ErrorCode::kBadInput,
          fmt::format("{}: the chat template makes no text of this chat", options.model.model));
    }
    return prompt;
  }
  if (!options.chat.chat && model.chat.find_template(false) != nullptr) {
    session.context().log.info(
        "continuing plain text; this model has a chat template, which --chat asks it through");
  }
  EncodeOptions encode;
  encode.add_special_tokens = options.add_special_tokens;
  encode.parse_special = options.parse_special;
  prompt.ids = model.tokenizer->encode(prompt.text, encode);
  if (prompt.ids.empty()) {
    throw Error(ErrorCode::kUsage,
                "this model needs a prompt: its tokenizer puts nothing in front of a text");
  }
  return prompt;
}

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

const char* name_of(FinishReason reason) {
  switch (reason) {
    case FinishReason::kLength:
      return "length";
    case FinishReason::kStopToken:
      return "stop_token";
    case FinishReason::kStopString:
      return "stop_string";
    case FinishReason::kGrammarEnd:
      return "grammar_end";
    case FinishReason::kCancelled:
      return "cancelled";
  }
  return "";
}

Json logprobs_json(const Tokenizer& tokenizer, const std::vector<TokenLogprobs>& logprobs) {
  const auto entry = [&](const TokenLogprob& of) {
    return Json{{"id", of.id},
                {"token", tokenizer.decode({&of.id, 1}, {.skip_special = false})},
                {"logprob", of.logprob}};
  };
  Json list = Json::array();
  for (const TokenLogprobs& chosen : logprobs) {
    Json token = entry(chosen.chosen);
    token["top"] = Json::array();
    for (const TokenLogprob& other : chosen.top) token["top"].push_back(entry(other));
    list.push_back(token);
  }
  return list;
}

// With the tokenizer and chat template that go with it.
void verify_adapter(Session& session, const ModelArgument& argument, const LanguageModel& model,
                    const std::filesystem::path& folder) {
  const std::optional<ParityRecord> record = read_parity(folder);
  if (!record || argument.unverified || !argument.tokenizer.empty()) return;
  const std::filesystem::path base = model_path(session, argument.model);
  const LanguageModel whole = as_language_model(model.weights, model.adapter, folder,
                                                has_tokenizer(folder) ? folder : base);
  verify_parity(session.context(), session.kernels(), whole, *record, folder);
}

void run_generate(Session& session, const GenerateOptions& options) {
  LanguageModel model = load_model(session, options.model);
  if (!options.adapter.empty()) {
    if (model.adapter) {
      throw Error(ErrorCode::kUsage, fmt::format("{} is an adapter already; give --adapter with "
                                                 "its base",
                                                 options.model.model));
    }
    const std::filesystem::path folder = model_path(session, options.adapter);
    model.adapter = load_ready_adapter(session.context(), folder, *model.weights);
    verify_adapter(session, options.model, model, folder);
  }
  Prompt prompt = make_prompt(session, options, model);
  Decoder decoder(session.context(), session.kernels(), *model.weights);
  GenerationRequest request;
  request.prompt = prompt.ids;
  request.sampling = options.sampling;
  request.sampling.stop_tokens = prompt.stop_tokens;
  request.tokenizer = model.tokenizer.get();
  request.adapter = model.adapter;
  request.constraint = read_constraint(options, model);
  // The default is a wish, what is asked for a demand.
  const size_t positions = model.weights->config.max_position_embeddings;
  if (!options.longest_given && positions > prompt.ids.size()) {
    size_t& longest = request.sampling.max_new_tokens;
    longest = std::min(longest, positions - prompt.ids.size());
  }
  // A text is shown whole, a chat's reply alone; neither where the request is refused.
  std::string before = wants_chat(options.chat) ? "" : prompt.text;
  request.on_text = [&](std::string_view piece) {
    session.print(std::exchange(before, "") + std::string(piece));
    return true;
  };
  const auto start = std::chrono::steady_clock::now();
  const Generation generation = generate(session.context(), decoder, request);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  session.print(before + "\n");
  session.context().log.info(
      fmt::format("{} tokens in {}, {:.0f} tokens/s{}", generation.ids.size(),
                  format_duration(seconds), static_cast<double>(generation.ids.size()) / seconds,
                  generation.stopped ? "" : "; not at an end yet (--max-new-tokens)"));
  Json json = {{"text", generation.text},
               {"ids", generation.ids},
               {"prompt", prompt.text},
               {"prompt_ids", prompt.ids},
               {"stopped", generation.stopped},
               {"finish_reason", name_of(generation.reason)},
               {"seconds", seconds}};
  if (options.sampling.logprobs) {
    json["logprobs"] = logprobs_json(*model.tokenizer, generation.logprobs);
  }
  session.print_json(json);
}

}  // namespace

void add_models_generate(CLI::App& models, Invocation& invocation) {
  auto options = std::make_shared<GenerateOptions>();
  CLI::App* generate = models.add_subcommand("generate", "Continue a text or answer a chat");
  add_model_argument(generate, options->model);
  add_unverified_flag(generate, options->model);
  add_text_argument(generate, options->text, "The text to continue, or with --chat the message");
  add_chat_argument(generate, options->chat);
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
  generate->add_option("--stop", sampling.stop_strings, "The text ends before this; repeatable")
      ->allow_extra_args(false);
  auto* grammar = generate->add_option("--grammar", options->grammar_file,
                                       "A file of GBNF rules that the text is held to");
  generate
      ->add_option("--json-schema", options->schema_file, "A JSON schema that the text is held to")
      ->excludes(grammar);
  generate
      ->add_option("--lookup", sampling.lookup_tokens,
                   "Guess up to this many tokens from the text's own past (same text); 0: off")
      ->capture_default_str();
  generate
      ->add_option("--max-new-tokens", sampling.max_new_tokens,
                   "Longest continuation; the default is less where the context has less room")
      ->capture_default_str()
      ->each([options](const std::string&) { options->longest_given = true; });
  generate->add_option("--seed", sampling.seed, "Seed")->capture_default_str();
  generate
      ->add_option_function<size_t>(
          "--logprobs",
          [options](size_t count) {
            options->sampling.logprobs = true;
            options->sampling.top_logprobs = count;
          },
          "With --json, each token's log-probability and those of this many alternatives")
      ->type_name("N");
  generate->add_option("--adapter", options->adapter, "A PEFT folder to apply to MODEL")
      ->type_name("FOLDER");
  generate->add_flag_callback(
      "--no-bos", [options] { options->add_special_tokens = false; },
      "Put no bos token before the text, where the tokenizer wants one");
  generate->add_flag("--parse-special", options->parse_special,
                     "Special tokens written in the text count as such");
  generate->footer(
      "Examples:\n"
      "  twin models generate stories260K.bin --temperature 0 --max-new-tokens 200\n"
      "  twin models generate sft \"The trouble with varnish\"\n"
      "  twin models generate SmolLM2-135M-Instruct --chat \"Why is the sky blue?\"\n"
      "  twin models generate Qwen3-0.6B.gguf --system \"Be brief.\" \"Why is the sky blue?\" \\\n"
      "    --template-variables '{\"enable_thinking\": false}'\n"
      "  twin models generate Qwen3-0.6B.gguf --messages chat.json --json-schema answer.json\n\n"
      "A text is continued as it stands. --chat, or any option that only a chat has (--system,\n"
      "--messages, --tools, --template-variables, --chat-template), gives the model its own chat\n"
      "template; the reply ends with the template's end of turn. What messages say never becomes\n"
      "a special token.");
  generate->callback([&invocation, options] {
    invocation.run = [options](Session& session) { run_generate(session, *options); };
  });
}

}  // namespace twin
