#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/progress.h"
#include "cli/command.h"
#include "engine/formats/model_folder.h"
#include "engine/generate/generate.h"
#include "models/language_model.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

struct ModelsOptions {
  std::string model;
  std::string tokenizer;
  std::string text;
  bool from_stdin = false;
  bool add_bos = true;
  SamplingOptions sampling;
};

// A path as given, or the name of one of the workspace's models ("base", "sft", "tokenizer").
fs::path model_path(Session& session, const std::string& name) {
  if (fs::exists(name)) return name;
  if (name.find('/') == std::string::npos) {
    const fs::path folder = session.workspace().models() / name;
    if (fs::exists(folder)) return folder;
  }
  throw Error(
      ErrorCode::kUsage,
      fmt::format("{}: no such file or folder, and no model of that name in the workspace", name));
}

// The tokenizer said, the one in the model's folder, or llama2.c's tok*.bin beside a .bin model.
fs::path tokenizer_path(Session& session, const ModelsOptions& options) {
  if (!options.tokenizer.empty()) return model_path(session, options.tokenizer);
  const fs::path model = model_path(session, options.model);
  if (!fs::is_regular_file(model)) return model;
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

LanguageModel load(Session& session, const ModelsOptions& options) {
  const fs::path path = model_path(session, options.model);
  if (fs::is_directory(path) && options.tokenizer.empty()) {
    return load_language_model(session.context(), session.kernels(), path);
  }
  LanguageModel model;
  model.weights = std::make_shared<const DecoderWeights>(load_weights(path));
  model.tokenizer = load_tokenizer(tokenizer_path(session, options));
  return model;
}

std::string input_text(const ModelsOptions& options) {
  if (!options.from_stdin) return options.text;
  return {std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
}

void run_inspect(Session& session, const ModelsOptions& options) {
  const LanguageModel model = load(session, options);
  const DecoderConfig& c = model.weights->config();
  Json json = {{"parameters", parameter_count(c)},
               {"vocab_size", c.vocab_size},
               {"hidden_size", c.hidden_size},
               {"intermediate_size", c.intermediate_size},
               {"num_hidden_layers", c.num_hidden_layers},
               {"num_attention_heads", c.num_attention_heads},
               {"num_key_value_heads", c.num_key_value_heads},
               {"head_dim", c.head_dim},
               {"max_position_embeddings", c.max_position_embeddings},
               {"rope_theta", c.rope_theta},
               {"rms_norm_eps", c.rms_norm_eps},
               {"tie_word_embeddings", c.tie_word_embeddings},
               {"tokenizer_tokens", model.tokenizer->vocab_size()},
               {"adapter_r", model.adapter ? Json(model.adapter->r()) : Json(nullptr)}};
  session.print(fmt::format("{:<26}{:.2f}M ({} as f32)\n", "parameters",
                            static_cast<double>(parameter_count(c)) / 1e6,
                            format_bytes(4.0 * static_cast<double>(parameter_count(c)))));
  for (const auto& [key, value] : json.items()) {
    if (key != "parameters" && !value.is_null()) {
      session.print(fmt::format("{:<26}{}\n", key, dump_json(value)));
    }
  }
  session.print_json(json);
}

void run_tokenize(Session& session, const ModelsOptions& options) {
  const auto tokenizer = load_tokenizer(tokenizer_path(session, options));
  const std::string text = input_text(options);
  const std::vector<TokenId> ids = tokenizer->encode(text);
  std::string shown;
  for (const TokenId id : ids) {
    shown += fmt::format("{:>7}  {}\n", id, dump_json(Json(tokenizer->decode({&id, 1}))));
  }
  session.print(shown);
  session.print(fmt::format("{} tokens, {} bytes\n", ids.size(), text.size()));
  session.print_json({{"ids", ids}, {"tokens", ids.size()}});
}

void run_generate(Session& session, const ModelsOptions& options) {
  const LanguageModel model = load(session, options);
  const std::string text = input_text(options);
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
  Decoder decoder(session.context(), session.kernels(), *model.weights, model.adapter.get());
  const auto start = std::chrono::steady_clock::now();
  session.print(text);
  std::vector<TokenId> ids;
  size_t told = 0;
  const Generation generation =
      generate(session.context(), decoder, prompt, sampling, [&](TokenId id) {
        ids.push_back(id);
        const std::string all = model.tokenizer->decode(ids);
        session.print(std::string_view(all).substr(std::min(told, all.size())));
        told = all.size();
        return true;
      });
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  session.print("\n");
  session.context().log.info(fmt::format("{} tokens in {}, {:.0f} tokens/s", generation.ids.size(),
                                         format_duration(seconds),
                                         static_cast<double>(generation.ids.size()) / seconds));
  session.print_json({{"text", model.tokenizer->decode(generation.ids)},
                      {"ids", generation.ids},
                      {"prompt_ids", prompt},
                      {"stopped", generation.stopped},
                      {"seconds", seconds}});
}

CLI::App* add_model_argument(CLI::App* command, ModelsOptions& options) {
  command
      ->add_option(
          "MODEL", options.model,
          "A model folder (Hugging Face, PEFT), llama2.c's .bin, or a name in the workspace")
      ->required();
  command->add_option("--tokenizer", options.tokenizer,
                      "tokenizer.json, its folder or tok*.bin (default: the model's own)");
  return command;
}

}  // namespace

void add_models_command(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<ModelsOptions>();
  CLI::App* models = app.add_subcommand("models", "Look at and drive a model");
  models->require_subcommand(1);

  CLI::App* inspect = add_model_argument(models->add_subcommand("inspect", "Its shape"), *options);
  inspect->footer("Examples:\n  twin models inspect sft\n  twin models inspect stories260K.bin");
  inspect->callback([&invocation, options] {
    invocation.run = [options](Session& session) { run_inspect(session, *options); };
  });

  CLI::App* tokenize = models->add_subcommand("tokenize", "Text as token ids");
  add_model_argument(tokenize, *options);
  tokenize->add_option("TEXT", options->text, "The text");
  tokenize->add_flag("--stdin", options->from_stdin, "Read the text from standard input");
  tokenize->footer("Example:\n  twin models tokenize tokenizer \"Hello there\" --json");
  tokenize->callback([&invocation, options] {
    invocation.run = [options](Session& session) { run_tokenize(session, *options); };
  });

  CLI::App* generate = models->add_subcommand("generate", "Continue a text");
  add_model_argument(generate, *options);
  generate->add_option("TEXT", options->text, "The text to continue");
  generate->add_flag("--stdin", options->from_stdin, "Read the text from standard input");
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
