#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/progress.h"
#include "cli/bench_command.h"
#include "cli/model_argument.h"
#include "cli/setting_flag.h"
#include "engine/kernels/limits.h"
#include "engine/learn/training_speed.h"

namespace twin {
namespace {

struct BenchTrainOptions {
  std::string model;
  bool full = false;
  std::string compute = "f32";
  std::string tokens;  // a file; empty: random ones
  TrainingSpeedOptions speed;
};

void run_bench_train(Session& session, BenchTrainOptions options) {
  if (options.full) options.speed.lora_r = 0;
  if (options.compute == "bf16") options.speed.pass.compute = kernels::Compute::kBf16;
  if (!options.tokens.empty()) {
    try {
      options.speed.tokens = parse_json(read_file(options.tokens), options.tokens);
    } catch (const Json::exception& error) {
      throw Error(ErrorCode::kBadInput, fmt::format("{}: expected a list of lists of token ids: {}",
                                                    options.tokens, error.what()));
    }
  }
  const std::filesystem::path path = model_path(session, options.model);
  const TrainingSpeed speed =
      measure_training(session.context(), session.kernels(), path, options.speed);
  const kernels::MachineLimits limits =
      kernels::measure_limits(session.context(), session.kernels());
  const double seconds = speed.median_seconds();
  const double tokens_per_s = static_cast<double>(speed.tokens_per_step) / seconds;
  const double limit = std::max(limits.bf16_gflops, limits.f32_gflops);
  const double mfu = tokens_per_s * speed.operations_per_token / (1e9 * limit);
  const auto [lowest, highest] = std::minmax_element(speed.seconds.begin(), speed.seconds.end());

  session.print(fmt::format(
      "{} ({}), {} threads, {}: {}, {} parameters trained\n\n", path.filename().string(),
      speed.dtype, session.context().threads.size(), session.kernels().name,
      fmt::format("{}{}", options.speed.prompt > 0 ? "DPO, " : "",
                  options.full ? "full" : fmt::format("LoRA r={}", options.speed.lora_r)),
      speed.trained_parameters));
  session.print(fmt::format("{:<16}{:>9.2f} s ({:.2f} to {:.2f}), {} tokens\n", "step", seconds,
                            *lowest, *highest, speed.tokens_per_step));
  session.print(fmt::format("{:<16}{:>9.1f} tokens/s\n", "speed", tokens_per_s));
  session.print(fmt::format("{:<16}{:>8.1f}% of {:.0f} Gflop/s\n", "MFU", 100 * mfu, limit));
  session.print(fmt::format("{:<16}{:>9}\n", "peak memory",
                            format_bytes(static_cast<double>(speed.peak_bytes))));
  session.print_json({{"model", path.filename().string()},
                      {"dtype", speed.dtype},
                      {"isa", session.kernels().name},
                      {"threads", session.context().threads.size()},
                      {"lora_r", options.speed.lora_r},
                      {"dpo_prompt", options.speed.prompt},
                      {"recomputed_layers", options.speed.pass.recomputed_layers},
                      {"compute", options.compute},
                      {"trained_parameters", speed.trained_parameters},
                      {"tokens_per_step", speed.tokens_per_step},
                      {"losses", speed.losses},
                      {"seconds", speed.seconds},
                      {"tokens_per_s", tokens_per_s},
                      {"mfu", mfu},
                      {"peak_bytes", speed.peak_bytes},
                      {"f32_gflops", limits.f32_gflops},
                      {"bf16_gflops", limits.bf16_gflops}});
}

}  // namespace

void add_bench_train(CLI::App& bench, Invocation& invocation) {
  auto options = std::make_shared<BenchTrainOptions>();
  CLI::App* train =
      bench.add_subcommand("train", "How fast a model learns, against the machine's arithmetic");
  train->add_option("MODEL", options->model, "A model, as `twin models` takes it")->required();
  TrainingSpeedOptions& speed = options->speed;
  train->add_option("--sequences", speed.sequences, "Sequences in a step")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  train->add_option("--length", speed.length, "Tokens of each")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  CLI::Option* r = train->add_option("--r", speed.lora_r, "The adapter's rank")
                       ->capture_default_str()
                       ->check(CLI::PositiveNumber);
  train->add_flag("--full", options->full, "Train all weights, not an adapter")->excludes(r);
  train
      ->add_option("--recompute", speed.pass.recomputed_layers,
                   "Layers computed again in the backward pass: less memory, more time")
      ->capture_default_str();
  train->add_option("--compute", options->compute, "What products are computed in")
      ->capture_default_str()
      ->check(CLI::IsMember({"f32", "bf16"}));
  train->add_option("--tokens", options->tokens, "A JSON list of sequences of ids to learn")
      ->check(CLI::ExistingFile);
  train->add_option("--dpo", speed.prompt,
                    "DPO: each two sequences are chosen and rejected after a prompt of this many "
                    "tokens");
  train->add_option("--steps", speed.steps, "Steps timed; the median counts")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  add_setting_flag(*train, invocation, "--threads", "threads", "Threads to compute with");
  train->footer(
      "Example:\n  twin bench train model.gguf --sequences 4 --length 512 --threads 2 --json\n\n"
      "MFU: the share of the machine's peak that the model's own products make up (4 operations\n"
      "per matrix parameter and token with LoRA, 6 with --full). Random tokens; nothing is kept.");
  train->callback([&invocation, options] {
    invocation.run = [options](Session& session) { run_bench_train(session, *options); };
  });
}

}  // namespace twin
