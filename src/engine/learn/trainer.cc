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

template <class T>
std::span<std::byte> bytes_of(std::vector<T>& values) {
  return std::as_writable_bytes(std::span(values));
}
template <class T>
std::span<std::byte> bytes_of(T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  return std::as_writable_bytes(std::span(&value, 1));
}

// Writes what a run is gone on from; a failure says so.
template <class Write>
void keep(size_t step, const Write& write) {
  try {
    write();
  } catch (const Error& error) {
    throw Error(error.code(),
                fmt::format("the checkpoint of step {} could not be written ({}); the one before "
                            "it is whole, and the same command goes on from there",
                            step, error.what()));
  }
}

}  // namespace

struct Trainer::Impl {
  Context& context;
  const kernels::Kernels& kernels;
  Trainee trainee;
  TrainerOptions options;
  Decoder decoder;
  ActivationsPtr activations;
  // Gradients of what is trained; the other stays empty.
  std::unique_ptr<DecoderWeights> grads;
  std::unique_ptr<LoraAdapter> adapter_grads;
  AdamWState adamw;
  std::vector<float> hidden, dhidden;

  Impl(Context& c, const kernels::Kernels& k, const Trainee& t, const TrainerOptions& o)
      : context(c),
        kernels(k),
        trainee(t),
        options(o),
        decoder(c, k, t.tensors()),
        activations(Decoder::make_activations(o.pass)) {
    TWIN_CHECK(options.accumulate > 0 && options.checkpoint_every > 0);
    if (trainee.adapter() == nullptr) {
      grads = std::make_unique<DecoderWeights>(trainee.config());
    } else {
      adapter_grads = std::make_unique<LoraAdapter>(trainee.config(), trainee.adapter()->lora());
    }
    prepare(options.adamw, trainee.parameters(), adamw);
  }

  // Parameters, moments and place become those of the first process.
  void start_as_the_first(TrainingPosition& position) {
    ProcessGroup& processes = context.processes;
    processes.broadcast(bytes_of(position));
    processes.broadcast(bytes_of(adamw.step));
    processes.broadcast(std::as_writable_bytes(trainee.flat()));
    processes.broadcast(bytes_of(adamw.m));
    processes.broadcast(bytes_of(adamw.v));
    for (ByteMoments* moments : {&adamw.byte_m, &adamw.byte_v}) {
      processes.broadcast(bytes_of(moments->codes));
      processes.broadcast(bytes_of(moments->scales));
    }
    trainee.update(context);
  }

  std::span<float> gradient() const { return grads ? grads->flat() : adapter_grads->flat(); }

  // Whether there is anything random in a step: dropout, NEFTune.
  bool is_noisy() const {
    const LoraAdapter* adapter = trainee.adapter();
    return options.neftune_alpha > 0 || (adapter != nullptr && adapter->lora().lora_dropout > 0);
  }

  // This process's segments of a micro-batch: whole items, about as many tokens as each other has.
  struct Share {
    bool is_all = true;
    size_t first = 0, last = 0, first_row = 0;

    PackedBatch part(const PackedBatch& batch) const {
      return is_all ? PackedBatch() : batch.part(first, last);
    }
  };
  Share share_of(const PackedBatch& batch, size_t per_item) const {
    const size_t rank = context.processes.rank(), size = context.processes.size();
    if (size == 1) return {};
    // The item whose middle lies in our part of the tokens is ours.
    Share share{false, batch.segments.size(), 0, 0};
    const size_t tokens = batch.tokens.size();
    size_t row = 0;
    for (size_t s = 0; s < batch.segments.size(); s += per_item) {
      size_t length = 0;
      for (size_t i = s; i < s + per_item; ++i) length += batch.segments[i].length;
      if ((row + length / 2) * size / tokens == rank) {
        if (s < share.first) share.first = s, share.first_row = row;
        share.last = s + per_item;
      }
      row += length;
    }
    if (share.last == 0) share.first = 0;
    return share;
  }

  // Adds the gradient of our share of the batch, its loss weighted by `scale`. `number`: of the
  // micro-batch, counted over the whole run: its noise follows from that, so that a run gone on
  // with has the same.
  ObjectiveLoss learn(Objective& objective, const PackedBatch& whole, float scale, size_t number) {
    const Share share = share_of(whole, objective.segments_per_item());
    const PackedBatch part = share.part(whole);
    const PackedBatch& batch = share.is_all ? whole : part;
    if (batch.tokens.empty()) return {0, std::vector<double>(objective.figure_names().size())};
    const size_t size = batch.tokens.size() * trainee.config().hidden_size;
    hidden.resize(std::max(hidden.size(), size));
    dhidden.resize(std::max(dhidden.size(), size));
    const std::span<float> h(hidden.data(), size), dh(dhidden.data(), size);
    const TrainingNoise noise{Random(options.seed ^ Random(number).next()).next(),
                              options.neftune_alpha, share.first, share.first_row};
    Batch inputs = batch.batch();
    if (is_noisy()) inputs.noise = &noise;
    decoder.forward(inputs, h, activations.get());
    ObjectiveLoss loss = objective.loss(
        context, kernels, batch, h, trainee.tensors().lm_head,
        {scale, dh, grads ? grads->lm_head() : std::span<float>(), options.pass.compute});
    decoder.backward(inputs, dh, *activations, grads.get(), adapter_grads.get());
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
  size_t number = done * t.options.accumulate;
  const std::vector<std::string> names = objective.figure_names();
  // Each batch's loss, then its figures: all processes' together.
  std::vector<double> sums;
  for (const PackedBatch* batch : batches) {
    const ObjectiveLoss loss = t.learn(objective, *batch, scale, number++);
    TWIN_CHECK(loss.figures.size() == names.size());
    sums.push_back(loss.loss_sum);
    sums.insert(sums.end(), loss.figures.begin(), loss.figures.end());
    // A process alone stops here; several find it out together.
    if (t.context.processes.size() == 1 && !std::isfinite(loss.loss_sum)) break;
  }
  t.context.processes.sum(sums);
  for (const std::string& name : names) report.figures.emplace_back(name, 0.0);
  for (size_t i = 0; i < sums.size(); ++i) {
    const size_t b = i / (1 + names.size()), figure = i % (1 + names.size());
    if (figure > 0) {
      report.figures[figure - 1].second += sums[i] / total;
      continue;
    }
    if (!std::isfinite(sums[i])) refuse(batches[b], "loss", sums[i]);
    report.loss += sums[i] / total;
  }
  t.context.processes.sum(t.gradient());
  report.grad_norm = clip_gradients(t.context, t.gradient(), t.options.max_grad_norm);
  if (!std::isfinite(report.grad_norm)) refuse(nullptr, "gradient's norm", report.grad_norm);

  AdamWOptions adamw_options = t.options.adamw;
  adamw_options.learning_rate =
      learning_rate_at(t.options.schedule, t.options.adamw.learning_rate, done, t.options.steps,
                       t.options.warmup_steps, t.options.final_ratio);
  adamw_step(t.context, adamw_options, t.trainee.flat(), t.gradient(), t.trainee.parameters(),
             t.adamw);
  t.trainee.update(t.context);
  report.learning_rate = adamw_options.learning_rate;
  report.seconds = seconds_since(start);
  return report;
}

TrainingEnd Trainer::run(Objective& objective, const std::filesystem::path& checkpoint_dir,
                         const std::string& key,
                         const std::function<void(const StepReport&)>& on_step,
                         const Validator& validator) {
  Impl& t = *impl_;
  const std::filesystem::path file = checkpoint_dir / "checkpoint.safetensors";
  const std::filesystem::path best_file = checkpoint_dir / "checkpoint.best.safetensors";
  TrainingPosition position;
  position.random = Random(t.options.seed).state();
  ProcessGroup& processes = t.context.processes;
  // Files are the first process's: the others need not see its disk.
  if (processes.is_first()) {
    try {
      if (auto found = load_checkpoint(file, key, t.trainee.flat(), t.adamw)) {
        position = *found;
        t.context.log.info(
            fmt::format("going on from step {} of {}", position.step, t.options.steps));
      }
    } catch (const Error& error) {
      t.context.log.warning(fmt::format("{}; starting over", error.what()));
    }
  }
  t.start_as_the_first(position);
  const auto save = [&] {
    if (!processes.is_first()) return;
    keep(position.step, [&] { save_checkpoint(file, key, position, t.trainee.flat(), t.adamw); });
  };
  const auto validate = [&] {
    Validation found;
    if (processes.is_first()) found = validator.measure();
    processes.broadcast(bytes_of(found));
    const bool copies = found.copied_share > validator.max_copied_share;
    const bool best = !copies && (position.best_step == 0 || found.loss < position.best_loss);
    if (best) {
      position.best_step = position.step;
      position.best_loss = found.loss;
      position.waited = 0;
      if (processes.is_first())
        keep(position.step, [&] { save_best(best_file, key, position.step, t.trainee.flat()); });
    } else {
      ++position.waited;
    }
    position.stopped = copies || (validator.patience > 0 && position.waited >= validator.patience);
    if (validator.on_validation) validator.on_validation(position.step, found, best);
  };
  const auto is_over = [&] { return position.stopped || position.step >= t.options.steps; };

  while (!is_over()) {
    Random random(0);
    random.set_state(position.random);
    std::vector<size_t> order(objective.size());
    std::iota(order.begin(), order.end(), size_t{0});
    random.shuffle(std::span(order));
    std::vector<PackedBatch> batches = objective.pack(order, t.options.batch_tokens);
    for (PackedBatch& batch : batches) batch.set_adapter(t.trainee.adapter());
    if (batches.empty()) throw nothing_to_train_on();
    while (position.next_batch < batches.size() && !is_over()) {
      std::vector<const PackedBatch*> micro;
      while (micro.size() < t.options.accumulate && position.next_batch < batches.size()) {
        micro.push_back(&batches[position.next_batch++]);
      }
      const StepReport report = step(objective, micro, position.step);
      position.step = report.step;
      if (on_step) on_step(report);
      if (validator.every > 0 &&
          (position.step % validator.every == 0 || position.step == t.options.steps)) {
        validate();
      }
      if (position.step % t.options.checkpoint_every == 0 || position.stopped) save();
      double interrupted = t.context.interrupted ? 1 : 0;
      processes.sum(std::span(&interrupted, 1));
      if (interrupted > 0) {
        save();
        throw interruption();
      }
    }
    if (position.next_batch >= batches.size()) {
      position.next_batch = 0;
      position.random = random.state();
    }
  }
  if (position.best_step > 0 && position.best_step != position.step) {
    if (processes.is_first()) load_best(best_file, key, position.best_step, t.trainee.flat());
    processes.broadcast(std::as_writable_bytes(t.trainee.flat()));
    t.trainee.update(t.context);
  }
  return {position.step, position.best_step, position.best_loss, position.stopped};
}

Error nothing_to_train_on() {
  return {ErrorCode::kBadInput, "nothing to train on: no sequence of two or more tokens"};
}

}  // namespace twin
