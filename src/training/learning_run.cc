#include "training/learning_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <vector>

#include "base/error.h"
#include "base/machine.h"
#include "base/progress.h"
#include "engine/learn/training_forecast.h"
#include "training/event_file.h"
#include "training/metrics.h"
#include "training/pages/run_page.h"

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
  // What is loaded already is no longer among what is free.
  const size_t loaded = trainee.tensors().bytes();
  const uint64_t memory = available_memory_bytes();
  const TrainingForecast forecast =
      twin::forecast(context, kernels, trainee, objective, options, [&](size_t shape_bytes) {
        check_fits("memory", shape_bytes - loaded, memory, run.name, kMemoryAdvice);
      });
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

TrainingEnd learn(Context& context, const kernels::Kernels& kernels, const Trainee& trainee,
                  Objective& objective, const TrainerOptions& options, const LearningRun& run,
                  Validator validator) {
  std::filesystem::create_directories(run.folder);
  if (!context.processes.is_first()) {
    return Trainer(context, kernels, trainee, options)
        .run(objective, run.folder, run.key, nullptr, validator);
  }
  MetricsFile metrics(run.folder / "metrics.jsonl");
  const auto seconds_now = [&] {
    return std::chrono::duration<double>(context.clock.now().time_since_epoch()).count();
  };
  EventFile events(run.folder, seconds_now());
  LivePage page(context, run, options.steps);
  const std::unique_ptr<ProgressBar> bar = context.progress.start(run.name, options.steps);
  double smooth_loss = 0;
  bool first = true;
  validator.on_validation = [&](size_t step, const Validation& found, bool best) {
    metrics.add(step, found, best);
    const Scalar scalars[] = {{"validation/loss", found.loss},
                              {"validation/copied_share", found.copied_share}};
    events.add(seconds_now(), static_cast<int64_t>(step), scalars);
    context.log.info(fmt::format("step {}: validation loss {:.4f}{}", step, found.loss,
                                 best ? ", the best so far" : ""));
  };
  Trainer trainer(context, kernels, trainee, options);
  const auto on_step = [&](const StepReport& report) {
    constexpr double kKeep = 0.9;  // about the last ten steps
    smooth_loss = first ? report.loss : kKeep * smooth_loss + (1 - kKeep) * report.loss;
    first = false;
    metrics.add(report);
    const double tokens_per_second = static_cast<double>(report.tokens) / report.seconds;
    std::vector<Scalar> scalars = {{"train/loss", report.loss},
                                   {"train/learning_rate", report.learning_rate},
                                   {"train/grad_norm", report.grad_norm},
                                   {"train/tokens_per_second", tokens_per_second}};
    for (const auto& [name, value] : report.figures) scalars.emplace_back("train/" + name, value);
    events.add(seconds_now(), static_cast<int64_t>(report.step), scalars);
    std::string detail =
        fmt::format("loss {:.3f}, lr {:.1e}, grad {:.2f}, {:.1f}k tok/s", smooth_loss,
                    report.learning_rate, report.grad_norm, tokens_per_second / 1000);
    for (const auto& [figure, name] : run.shown) {
      for (const auto& [each, value] : report.figures) {
        if (each == figure) detail += fmt::format(", {} {:.2f}", name, value);
      }
    }
    bar->update(report.step, detail);
    page.update();
  };
  const TrainingEnd end = trainer.run(objective, run.folder, run.key, on_step, validator);
  bar->finish();
  page.finish();
  if (end.stopped_early) {
    context.log.info(fmt::format("stopped at step {}: validation got no better", end.steps));
  }
  if (end.best_step > 0 && end.best_step != end.steps) {
    context.log.info(fmt::format("kept what step {} had learnt, of validation loss {:.4f}",
                                 end.best_step, end.best_loss));
  }
  return end;
}

void finish_run(const LearningRun& run) {
  std::error_code ignored;
  std::vector<std::filesystem::path> spent;
  for (const auto& entry : std::filesystem::directory_iterator(run.folder, ignored)) {
    const std::string name = entry.path().filename().string();
    // Half-written files of a killed run are of no use to anybody either.
    if (name.starts_with("checkpoint.") || name.ends_with(".tmp")) spent.push_back(entry.path());
  }
  for (const std::filesystem::path& file : spent) std::filesystem::remove(file, ignored);
}

size_t steps_for_epochs(const Objective& objective, size_t batch_tokens, double epochs,
                        size_t accumulate) {
  std::vector<size_t> order(objective.size());
  std::iota(order.begin(), order.end(), size_t{0});
  // An epoch's last step takes what is left of it.
  const size_t batches = objective.pack(order, batch_tokens).size();
  const auto steps = static_cast<double>((batches + accumulate - 1) / accumulate);
  return std::max<size_t>(1, static_cast<size_t>(std::llround(epochs * steps)));
}

}  // namespace twin
