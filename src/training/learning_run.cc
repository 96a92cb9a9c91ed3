#include "training/learning_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "base/error.h"
#include "base/machine.h"
#include "base/progress.h"
#include "engine/learn/packing.h"
#include "training/metrics.h"

namespace twin {
namespace {

void check_fits(const char* what, uint64_t needed, uint64_t available, const std::string& name,
                const char* advice) {
  // A system that does not say what is free cannot be asked.
  if (available == 0 || needed <= available) return;
  throw Error(ErrorCode::kDoesNotFit,
              fmt::format("training the {} needs {} of {}, {} is free; {}", name,
                          format_bytes(static_cast<double>(needed)), what,
                          format_bytes(static_cast<double>(available)), advice));
}

}  // namespace

void forecast_run(Context& context, const kernels::Kernels& kernels, const DecoderConfig& config,
                  size_t lora_r, std::span<const TrainingSequence> sequences,
                  const TrainerOptions& options, const LearningRun& run) {
  constexpr const char* kMemoryAdvice =
      "take a smaller model, fewer tokens per step, or --method lora";
  const uint64_t memory = available_memory_bytes();
  const uint64_t weights = sizeof(float) * parameter_count(config);
  // The least it can be: where that is too much already, calibrating would fail.
  check_fits("memory", lora_r > 0 ? weights : 4 * weights, memory, run.name, kMemoryAdvice);

  size_t longest = 0, tokens = 0;
  for (const TrainingSequence& sequence : sequences) {
    longest = std::max(longest, sequence.tokens.size());
    tokens += sequence.tokens.size();
  }
  const TrainingForecast forecast =
      twin::forecast(context, kernels, config, lora_r, options, longest);
  check_fits("memory", forecast.peak_bytes, memory, run.name, kMemoryAdvice);
  // The checkpoint (parameters and two moments), twice while it is replaced, and the result.
  const uint64_t trained =
      lora_r > 0 ? sizeof(float) * LoraAdapter(config, {.r = lora_r}).flat().size() : weights;
  check_fits("disk", 7 * trained, free_disk_bytes(run.folder), run.name,
             "free some or move the workspace");
  context.log.info(
      fmt::format("{}: {:.1f}M parameters, {} passages of {} tokens, {} steps of {} tokens: about "
                  "{} and {}; {} "
                  "of memory free",
                  run.name, static_cast<double>(parameter_count(config)) / 1e6, sequences.size(),
                  tokens, options.steps, options.batch_tokens * options.accumulate,
                  format_duration(forecast.seconds_per_step * static_cast<double>(options.steps)),
                  format_bytes(static_cast<double>(forecast.peak_bytes)),
                  format_bytes(static_cast<double>(memory))));
}

void learn(Context& context, const kernels::Kernels& kernels, DecoderWeights& weights,
           LoraAdapter* adapter, std::span<const TrainingSequence> sequences,
           const TrainerOptions& options, const LearningRun& run) {
  std::filesystem::create_directories(run.folder);
  MetricsFile metrics(run.folder / "metrics.jsonl");
  const std::unique_ptr<ProgressBar> bar = context.progress.start(run.name, options.steps);
  double smooth_loss = 0;
  bool first = true;
  Trainer trainer(context, kernels, weights, adapter, options);
  trainer.run(sequences, run.folder, run.key, [&](const StepReport& report) {
    constexpr double kKeep = 0.9;  // about the last ten steps
    smooth_loss = first ? report.loss : kKeep * smooth_loss + (1 - kKeep) * report.loss;
    first = false;
    metrics.add(report);
    bar->update(report.step,
                fmt::format("loss {:.3f}, {:.1f}k tok/s", smooth_loss,
                            static_cast<double>(report.tokens) / report.seconds / 1000));
  });
  bar->finish();
}

size_t steps_for_epochs(std::span<const TrainingSequence> sequences, size_t batch_tokens,
                        double epochs) {
  std::vector<size_t> order(sequences.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const auto batches = static_cast<double>(pack(sequences, order, batch_tokens).size());
  return std::max<size_t>(1, static_cast<size_t>(std::llround(epochs * batches)));
}

}  // namespace twin
