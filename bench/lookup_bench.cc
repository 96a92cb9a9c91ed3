// What lookup decoding brings: the same texts with and without, equal ids checked first. Prompts as
// of a question over passages: a text that the model wrote, and its beginning once more.
//
//   lookup_bench [MODEL.bin TOKENIZER.bin] (default: ../shared/data/models/stories260K)
//
// Beside it random weights of a larger shape: what each draft costs where nothing is guessed right,
// and what it brings where the text falls into a loop (greedy).

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json.h"
#include "engine/formats/model_folder.h"
#include "engine/generate/generate.h"

namespace {

using namespace twin;

struct Run {
  double seconds = 1e9;
  Generation generation;
};

Run timed(Context& context, Decoder& decoder, const std::vector<int32_t>& prompt,
          SamplingOptions options, size_t lookup_tokens) {
  options.lookup_tokens = lookup_tokens;
  Run best;
  for (int repeat = 0; repeat < 3; ++repeat) {
    const auto start = std::chrono::steady_clock::now();
    best.generation = generate(context, decoder, prompt, options);
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    best.seconds = std::min(best.seconds, seconds);
  }
  return best;
}

void measure(const std::string& model, Context& context, Decoder& decoder,
             const std::vector<int32_t>& prompt, float temperature, size_t max_new_tokens) {
  SamplingOptions options;
  options.temperature = temperature;
  options.max_new_tokens = max_new_tokens;
  const Run off = timed(context, decoder, prompt, options, 0);
  for (const size_t most : {4, 8, 12}) {
    const Run on = timed(context, decoder, prompt, options, most);
    TWIN_CHECK(on.generation.ids == off.generation.ids, "the text is another with lookup");
    const auto tokens = static_cast<double>(off.generation.ids.size());
    const OrderedJson line = {{"benchmark", "lookup"},
                              {"model", model},
                              {"prompt_tokens", prompt.size()},
                              {"tokens", off.generation.ids.size()},
                              {"temperature", temperature},
                              {"lookup_tokens", most},
                              {"guessed", on.generation.guessed_tokens},
                              {"right", on.generation.right_guesses},
                              {"off_tokens_per_s", tokens / off.seconds},
                              {"on_tokens_per_s", tokens / on.seconds},
                              {"speedup", off.seconds / on.seconds}};
    fmt::print("{}\n", dump_json(line));
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::filesystem::path folder = TWIN_SOURCE_DIR "/../shared/data/models/stories260K";
  const std::filesystem::path file = argc > 2 ? argv[1] : folder / "stories260K.bin";
  QuietContext context(0);
  const kernels::Kernels& kernels = kernels::choose_kernels("");
  if (std::filesystem::exists(file)) {
    const DecoderWeights weights = load_weights(file);
    Decoder decoder(context, kernels, weights.tensors());
    SamplingOptions story;
    story.temperature = 0;
    story.max_new_tokens = 150;
    const std::vector<int32_t> begin = {1};
    const Generation passage = generate(context, decoder, begin, story);
    std::vector<int32_t> prompt = begin;
    prompt.insert(prompt.end(), passage.ids.begin(), passage.ids.end());
    prompt.push_back(1);
    for (const float temperature : {0.0f, 0.3f, 0.8f}) {
      measure("stories260K", context, decoder, prompt, temperature, 200);
    }
  }
  DecoderConfig config;
  config.vocab_size = 8192;
  config.hidden_size = 576;
  config.intermediate_size = 1536;
  config.num_hidden_layers = 4;
  config.num_attention_heads = 9;
  config.num_key_value_heads = 3;
  config.head_dim = 64;
  config.max_position_embeddings = 1024;
  DecoderWeights weights(config);
  initialize(weights, 1);
  Decoder decoder(context, kernels, weights.tensors());
  std::vector<int32_t> prompt;
  for (int32_t i = 0; i < 200; ++i) prompt.push_back(i * 7919 % 1000);
  for (const float temperature : {0.0f, 1.0f}) {
    measure("random", context, decoder, prompt, temperature, 60);
  }
  return 0;
}
