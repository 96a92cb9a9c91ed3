#include "training/learning_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "base/error.h"
#include "base/machine.h"
#include "base/progress.h"
#include "engine/learn/training_forecast.h"
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

constexpr const char* kMemoryAdvice =
    "take a smaller model, fewer tokens per step, or --method lora";

}  // namespace

void refuse_what_cannot_fit(const DecoderConfig& config, bool lora, uint64_t weight_bytes,
                            const LearningRun& run) {
  // Parameters, gradient and two moments.
  const uint64_t least = lora ? weight_bytes : 4 * sizeof(float) * parameter_count(config);
  check_fits("memory", least, available_memory_bytes(), run.name, kMemoryAdvice);
}

void forecast_run(Context& context, const kernels::Kernels& kernels, const Trainee& trainee,
                  Objective& objective, const TrainerOptions& options, const LearningRun& run) {
  const TrainingForecast forecast = twin::forecast(context, kernels, trainee, objective, options);
  // What is loaded already is no longer among what is free.
  const size_t loaded = trainee.tensors().bytes();
  const uint64_t memory = available_memory_bytes();
  check_fits("memory", forecast.peak_bytes - loaded, memory, run.name, kMemoryAdvice);
  // The checkpoint (parameters and two moments), twice while it is replaced, and the result.
  check_fits("disk", 7 * trainee.flat().size_bytes(), free_disk_bytes(run.folder), run.name,
             "free some or move the workspace");
  context.log.info(fmt::format(
      "{}: {:.1f}M parameters, {} samples, {} steps of {} tokens: about {} and {}; {} of memory "
      "free",
      run.name, static_cast<double>(parameter_count(trainee.config())) / 1e6, objective.size(),
      options.steps, options.batch_tokens * options.accumulate,
      format_duration(forecast.seconds_per_step * static_cast<double>(options.steps)),
      format_bytes(static_cast<double>(forecast.peak_bytes)),
      format_bytes(static_cast<double>(memory))));
}

void learn(Context& context, const kernels::Kernels& kernels, const Trainee& trainee,
           Objective& objective, const TrainerOptions& options, const LearningRun& run) {
  std::filesystem::create_directories(run.folder);
  MetricsFile metrics(run.folder / "metrics.jsonl");
  const std::unique_ptr<ProgressBar> bar = context.progress.start(run.name, options.steps);
  double smooth_loss = 0;
  bool first = true;
  Trainer trainer(context, kernels, trainee, options);
  trainer.run(objective, run.folder, run.key, [&](const StepReport& report) {
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

size_t steps_for_epochs(const Objective& objective, size_t batch_tokens, double epochs) {
  std::vector<size_t> order(objective.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const auto batches = static_cast<double>(objective.pack(order, batch_tokens).size());
  return std::max<size_t>(1, static_cast<size_t>(std::llround(epochs * batches)));
}

}  // namespace twin
