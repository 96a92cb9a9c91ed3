#include "engine/learn/trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "engine/learn/checkpoint.h"
#include "engine/learn/cross_entropy.h"
#include "engine/learn/packing.h"

namespace twin {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::vector<size_t> first_to_last(size_t count) {
  std::vector<size_t> order(count);
  std::iota(order.begin(), order.end(), size_t{0});
  return order;
}

}  // namespace

struct Trainer::Impl {
  Context& context;
  const kernels::Kernels& kernels;
  DecoderWeights& weights;
  LoraAdapter* adapter;
  TrainerOptions options;
  Decoder decoder;
  ActivationsPtr activations = Decoder::make_activations();
  // Gradients of what is trained; the other stays empty.
  std::unique_ptr<DecoderWeights> grads;
  std::unique_ptr<LoraAdapter> adapter_grads;
  AdamWState adamw;
  std::vector<float> hidden, dhidden;

  Impl(Context& c, const kernels::Kernels& k, DecoderWeights& w, LoraAdapter* a,
       const TrainerOptions& o)
      : context(c), kernels(k), weights(w), adapter(a), options(o), decoder(c, k, w.tensors()) {
    TWIN_CHECK(options.accumulate > 0 && options.checkpoint_every > 0);
    if (adapter == nullptr) {
      grads = std::make_unique<DecoderWeights>(weights.config());
    } else {
      adapter_grads = std::make_unique<LoraAdapter>(weights.config(), adapter->lora());
    }
    adamw.m.resize(trained().size());
    adamw.v.resize(trained().size());
  }

  std::span<float> trained() const { return adapter ? adapter->flat() : weights.flat(); }
  std::span<float> gradient() const { return adapter ? adapter_grads->flat() : grads->flat(); }
  const std::vector<Parameter>& trained_parameters() const {
    return adapter ? adapter->parameters() : weights.parameters();
  }

  // Adds the batch's gradient, each token's loss weighted by `scale`; returns the summed loss.
  double learn(const PackedBatch& batch, float scale) {
    const size_t size = batch.tokens.size() * weights.config().hidden_size;
    hidden.resize(std::max(hidden.size(), size));
    dhidden.resize(std::max(dhidden.size(), size));
    const std::span<float> h(hidden.data(), size), dh(dhidden.data(), size);
    decoder.forward(batch.batch(), h, activations.get());
    CrossEntropyOptions loss_options;
    loss_options.gradient_scale = scale;
    const CrossEntropyResult result =
        cross_entropy(context, kernels, h, weights.tensors().lm_head, batch.targets, dh,
                      grads ? grads->lm_head() : std::span<float>(), {}, loss_options);
    decoder.backward(batch.batch(), dh, *activations, grads.get(), adapter_grads.get());
    return result.loss_sum;
  }

  // One optimiser step over the micro-batches.
  StepReport step(std::span<const PackedBatch* const> batches, size_t done) {
    const auto start = std::chrono::steady_clock::now();
    StepReport report;
    size_t counted = 0;
    for (const PackedBatch* batch : batches) {
      counted += batch->counted();
      report.tokens += batch->tokens.size();
    }
    std::fill(gradient().begin(), gradient().end(), 0.0f);
    const float scale = counted == 0 ? 0.0f : 1.0f / static_cast<float>(counted);
    for (const PackedBatch* batch : batches) report.loss += learn(*batch, scale);
    report.loss = counted == 0 ? 0 : report.loss / static_cast<double>(counted);
    report.grad_norm = clip_gradients(context, gradient(), options.max_grad_norm);
    if (!std::isfinite(report.loss) || !std::isfinite(report.grad_norm)) {
      throw Error(ErrorCode::kFailed,
                  fmt::format("training went wrong at step {}: loss {}, gradient norm {}; try a "
                              "lower learning rate",
                              done + 1, report.loss, report.grad_norm));
    }
    AdamWOptions adamw_options = options.adamw;
    adamw_options.learning_rate = learning_rate_at(options.schedule, options.adamw.learning_rate,
                                                   done, options.steps, options.warmup_steps);
    adamw_step(context, adamw_options, trained(), gradient(), trained_parameters(), adamw);
    report.step = done + 1;
    report.learning_rate = adamw_options.learning_rate;
    report.seconds = seconds_since(start);
    return report;
  }
};

Trainer::Trainer(Context& context, const kernels::Kernels& kernels, DecoderWeights& weights,
                 LoraAdapter* adapter, const TrainerOptions& options)
    : impl_(std::make_unique<Impl>(context, kernels, weights, adapter, options)) {}

Trainer::~Trainer() = default;

void Trainer::run(std::span<const TrainingSequence> sequences,
                  const std::filesystem::path& checkpoint_dir, const std::string& key,
                  const std::function<void(const StepReport&)>& on_step) {
  Impl& t = *impl_;
  const std::filesystem::path file = checkpoint_dir / "checkpoint.safetensors";
  TrainingPosition position;
  position.random = Random(t.options.seed).state();
  try {
    if (auto found = load_checkpoint(file, key, t.trained(), t.adamw)) {
      position = *found;
      t.context.log.info(
          fmt::format("going on from step {} of {}", position.step, t.options.steps));
    }
  } catch (const Error& error) {
    t.context.log.warning(fmt::format("{}; starting over", error.what()));
  }
  const auto save = [&] { save_checkpoint(file, key, position, t.trained(), t.adamw); };

  while (position.step < t.options.steps) {
    Random random(0);
    random.set_state(position.random);
    std::vector<size_t> order = first_to_last(sequences.size());
    random.shuffle(std::span(order));
    std::vector<PackedBatch> batches = pack(sequences, order, t.options.batch_tokens);
    for (PackedBatch& batch : batches) batch.set_adapter(t.adapter);
    if (batches.empty()) {
      throw Error(ErrorCode::kBadInput, "nothing to train on: no sequence of two or more tokens");
    }
    while (position.next_batch < batches.size() && position.step < t.options.steps) {
      std::vector<const PackedBatch*> micro;
      while (micro.size() < t.options.accumulate && position.next_batch < batches.size()) {
        micro.push_back(&batches[position.next_batch++]);
      }
      const StepReport report = t.step(micro, position.step);
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

std::vector<SequenceLoss> sequence_losses(Context& context, const kernels::Kernels& kernels,
                                          const DecoderTensors& tensors, const LoraAdapter* adapter,
                                          std::span<const TrainingSequence> sequences,
                                          size_t batch_tokens) {
  Decoder decoder(context, kernels, tensors);
  std::vector<SequenceLoss> result(sequences.size());
  std::vector<float> hidden, losses;
  for (PackedBatch& batch : pack(sequences, first_to_last(sequences.size()), batch_tokens)) {
    batch.set_adapter(adapter);
    stop_if_interrupted(context);
    hidden.resize(batch.tokens.size() * tensors.config.hidden_size);
    losses.resize(batch.tokens.size());
    decoder.forward(batch.batch(), hidden);
    cross_entropy(context, kernels, hidden, tensors.lm_head, batch.targets, {}, {}, losses);
    size_t row = 0;
    for (size_t s = 0; s < batch.segments.size(); ++s) {
      SequenceLoss& loss = result[batch.sequences[s]];
      for (size_t i = 0; i < batch.segments[s].length; ++i, ++row) {
        loss.loss_sum += losses[row];
        loss.tokens += batch.targets[row] >= 0;
      }
    }
  }
  return result;
}

double evaluate_loss(Context& context, const kernels::Kernels& kernels,
                     const DecoderTensors& tensors, const LoraAdapter* adapter,
                     std::span<const TrainingSequence> sequences, size_t batch_tokens) {
  double sum = 0;
  size_t tokens = 0;
  for (const SequenceLoss& loss :
       sequence_losses(context, kernels, tensors, adapter, sequences, batch_tokens)) {
    sum += loss.loss_sum;
    tokens += loss.tokens;
  }
  return tokens == 0 ? 0 : sum / static_cast<double>(tokens);
}

TrainingForecast forecast(Context& context, const kernels::Kernels& kernels,
                          const DecoderConfig& config, size_t lora_r, const TrainerOptions& options,
                          size_t longest_sequence) {
  const size_t N = options.batch_tokens, C = config.hidden_size;
  const bool lora = lora_r > 0;
  const size_t base = parameter_count(config);
  const size_t trained = lora ? LoraAdapter(config, {.r = lora_r}).flat().size() : base;
  TrainingForecast result;
  // Weights, gradient, two moments; hidden states and their gradient; logits of one block of rows.
  result.peak_bytes = sizeof(float) * ((lora ? base : 0) + 4 * trained + 2 * N * C +
                                       CrossEntropyOptions().block_rows * config.vocab_size) +
                      Decoder::activation_bytes(config, N, longest_sequence, lora);

  // The true shapes on random tokens: the first step warms the caches, the second is timed.
  DecoderWeights weights(config);
  initialize(weights, 1);
  std::unique_ptr<LoraAdapter> adapter;
  if (lora) {
    adapter = std::make_unique<LoraAdapter>(config, LoraConfig{.r = lora_r});
    initialize(*adapter, 1);
  }
  const size_t length = std::clamp<size_t>(longest_sequence, 2, N);
  Random random(1);
  TrainingSequence sequence;
  for (size_t i = 0; i <= length; ++i) {
    sequence.tokens.push_back(static_cast<int32_t>(random.below(config.vocab_size)));
  }
  sequence.loss_mask.assign(length + 1, 1);
  const std::vector<TrainingSequence> sequences(std::max<size_t>(1, N / length), sequence);
  std::vector<PackedBatch> batches = pack(sequences, first_to_last(sequences.size()), N);
  for (PackedBatch& each : batches) each.set_adapter(adapter.get());
  Trainer trainer(context, kernels, weights, adapter.get(), options);
  const PackedBatch* batch[] = {&batches.front()};
  trainer.impl_->step(batch, 0);
  result.seconds_per_step =
      trainer.impl_->step(batch, 1).seconds * static_cast<double>(options.accumulate);
  return result;
}

}  // namespace twin
