#include "engine/learn/trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "base/random.h"
#include "engine/learn/checkpoint.h"

namespace twin {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

struct Trainer::Impl {
  Context& context;
  const kernels::Kernels& kernels;
  Trainee trainee;
  TrainerOptions options;
  Decoder decoder;
  ActivationsPtr activations = Decoder::make_activations();
  // Gradients of what is trained; the other stays empty.
  std::unique_ptr<DecoderWeights> grads;
  std::unique_ptr<LoraAdapter> adapter_grads;
  AdamWState adamw;
  std::vector<float> hidden, dhidden;

  Impl(Context& c, const kernels::Kernels& k, const Trainee& t, const TrainerOptions& o)
      : context(c), kernels(k), trainee(t), options(o), decoder(c, k, t.tensors()) {
    TWIN_CHECK(options.accumulate > 0 && options.checkpoint_every > 0);
    if (trainee.adapter() == nullptr) {
      grads = std::make_unique<DecoderWeights>(trainee.config());
    } else {
      adapter_grads = std::make_unique<LoraAdapter>(trainee.config(), trainee.adapter()->lora());
    }
    adamw.m.resize(trainee.flat().size());
    adamw.v.resize(trainee.flat().size());
  }

  std::span<float> gradient() const { return grads ? grads->flat() : adapter_grads->flat(); }

  // Adds the batch's gradient, its loss weighted by `scale`.
  ObjectiveLoss learn(Objective& objective, const PackedBatch& batch, float scale) {
    const size_t size = batch.tokens.size() * trainee.config().hidden_size;
    hidden.resize(std::max(hidden.size(), size));
    dhidden.resize(std::max(dhidden.size(), size));
    const std::span<float> h(hidden.data(), size), dh(dhidden.data(), size);
    decoder.forward(batch.batch(), h, activations.get());
    ObjectiveLoss loss = objective.loss(context, kernels, batch, h, trainee.tensors().lm_head,
                                        {scale, dh, grads ? grads->lm_head() : std::span<float>()});
    decoder.backward(batch.batch(), dh, *activations, grads.get(), adapter_grads.get());
    return loss;
  }
};

Trainer::Trainer(Context& context, const kernels::Kernels& kernels, const Trainee& trainee,
                 const TrainerOptions& options)
    : impl_(std::make_unique<Impl>(context, kernels, trainee, options)) {}

Trainer::~Trainer() = default;

StepReport Trainer::step(Objective& objective, std::span<const PackedBatch* const> batches,
                         size_t done) {
  Impl& t = *impl_;
  const auto start = std::chrono::steady_clock::now();
  StepReport report;
  report.step = done + 1;
  size_t counted = 0;
  for (const PackedBatch* batch : batches) {
    counted += objective.counted(*batch);
    report.tokens += batch->tokens.size();
  }
  const auto total = static_cast<double>(std::max<size_t>(counted, 1));
  const float scale = counted == 0 ? 0.0f : static_cast<float>(1 / total);
  const auto refuse = [&](const PackedBatch* batch, const char* what, double value) {
    std::string items;
    for (const PackedBatch* each : batches) {
      if (batch != nullptr && each != batch) continue;
      items += (items.empty() ? "" : ", ") + objective.describe(*each);
    }
    throw Error(
        ErrorCode::kFailed,
        fmt::format("training went wrong at step {}: the {} is {}, on {}; look at these, or "
                    "try a lower learning rate",
                    report.step, what, value, items));
  };

  std::fill(t.gradient().begin(), t.gradient().end(), 0.0f);
  for (const PackedBatch* batch : batches) {
    const ObjectiveLoss loss = t.learn(objective, *batch, scale);
    if (!std::isfinite(loss.loss_sum)) refuse(batch, "loss", loss.loss_sum);
    report.loss += loss.loss_sum / total;
    report.figures.resize(loss.figures.size());
    for (size_t i = 0; i < loss.figures.size(); ++i) {
      report.figures[i].first = loss.figures[i].first;
      report.figures[i].second += loss.figures[i].second / total;
    }
  }
  report.grad_norm = clip_gradients(t.context, t.gradient(), t.options.max_grad_norm);
  if (!std::isfinite(report.grad_norm)) refuse(nullptr, "gradient's norm", report.grad_norm);

  AdamWOptions adamw_options = t.options.adamw;
  adamw_options.learning_rate = learning_rate_at(t.options.schedule, t.options.adamw.learning_rate,
                                                 done, t.options.steps, t.options.warmup_steps);
  adamw_step(t.context, adamw_options, t.trainee.flat(), t.gradient(), t.trainee.parameters(),
             t.adamw);
  report.learning_rate = adamw_options.learning_rate;
  report.seconds = seconds_since(start);
  return report;
}

void Trainer::run(Objective& objective, const std::filesystem::path& checkpoint_dir,
                  const std::string& key, const std::function<void(const StepReport&)>& on_step) {
  Impl& t = *impl_;
  const std::filesystem::path file = checkpoint_dir / "checkpoint.safetensors";
  TrainingPosition position;
  position.random = Random(t.options.seed).state();
  try {
    if (auto found = load_checkpoint(file, key, t.trainee.flat(), t.adamw)) {
      position = *found;
      t.context.log.info(
          fmt::format("going on from step {} of {}", position.step, t.options.steps));
    }
  } catch (const Error& error) {
    t.context.log.warning(fmt::format("{}; starting over", error.what()));
  }
  const auto save = [&] { save_checkpoint(file, key, position, t.trainee.flat(), t.adamw); };

  while (position.step < t.options.steps) {
    Random random(0);
    random.set_state(position.random);
    std::vector<size_t> order(objective.size());
    std::iota(order.begin(), order.end(), size_t{0});
    random.shuffle(std::span(order));
    std::vector<PackedBatch> batches = objective.pack(order, t.options.batch_tokens);
    for (PackedBatch& batch : batches) batch.set_adapter(t.trainee.adapter());
    if (batches.empty()) throw nothing_to_train_on();
    while (position.next_batch < batches.size() && position.step < t.options.steps) {
      std::vector<const PackedBatch*> micro;
      while (micro.size() < t.options.accumulate && position.next_batch < batches.size()) {
        micro.push_back(&batches[position.next_batch++]);
      }
      const StepReport report = step(objective, micro, position.step);
      position.step = report.step;
      if (on_step) on_step(report);
      if (position.step % t.options.checkpoint_every == 0) save();
      if (t.context.interrupted) {
        save();
        stop_if_interrupted(t.context);
      }
    }
    if (position.next_batch >= batches.size()) {
      position.next_batch = 0;
      position.random = random.state();
    }
  }
}

Error nothing_to_train_on() {
  return {ErrorCode::kBadInput, "nothing to train on: no sequence of two or more tokens"};
}

}  // namespace twin
