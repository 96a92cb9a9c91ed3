#include "engine/learn/preference.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "engine/learn/cross_entropy.h"

namespace twin {
namespace {

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double log_sigmoid(double x) { return std::min(x, 0.0) - std::log1p(std::exp(-std::abs(x))); }

size_t answer_tokens(const TrainingSequence& sequence) {
  return static_cast<size_t>(
      std::count(sequence.loss_mask.begin() + 1, sequence.loss_mask.end(), 1));
}

// Places that a sequence takes in a batch.
size_t places(const TrainingSequence& sequence) { return sequence.tokens.size() - 1; }

std::vector<TrainingSequence> in_turn(std::span<const PreferencePair> pairs) {
  std::vector<TrainingSequence> sequences;
  for (const PreferencePair& pair : pairs) {
    sequences.push_back(pair.chosen);
    sequences.push_back(pair.rejected);
  }
  return sequences;
}

// Calls body(segment, first row, rows) for the batch's segments.
template <class Body>
void for_segments(const PackedBatch& batch, const Body& body) {
  size_t row = 0;
  for (size_t s = 0; s < batch.segments.size(); ++s) {
    body(s, row, batch.segments[s].length);
    row += batch.segments[s].length;
  }
}

// log p of each segment's counted tokens, from the rows' losses.
std::vector<double> log_probs(const PackedBatch& batch, std::span<const float> losses) {
  std::vector<double> sums(batch.segments.size());
  for_segments(batch, [&](size_t s, size_t first, size_t rows) {
    for (size_t i = first; i < first + rows; ++i) sums[s] -= losses[i];
  });
  return sums;
}

std::string pair_name(size_t index) { return fmt::format("pair {}", index); }

}  // namespace

PreferenceLoss preference_loss_named(std::string_view name) {
  if (name == "sigmoid") return PreferenceLoss::kSigmoid;
  if (name == "ipo") return PreferenceLoss::kIpo;
  if (name == "sigmoid_norm") return PreferenceLoss::kNormalisedSigmoid;
  throw Error(ErrorCode::kUsage,
              fmt::format("'{}' is no loss; expected sigmoid, ipo or sigmoid_norm", name));
}

PairLoss pair_loss(const PreferenceOptions& options, const PairLogProbs& policy,
                   const PairLogProbs& reference, size_t chosen_tokens, size_t rejected_tokens) {
  const bool by_token = options.loss != PreferenceLoss::kSigmoid;
  const double per_chosen = by_token ? 1.0 / static_cast<double>(chosen_tokens) : 1;
  const double per_rejected = by_token ? 1.0 / static_cast<double>(rejected_tokens) : 1;
  const double chosen = per_chosen * (policy.chosen - reference.chosen);
  const double rejected = per_rejected * (policy.rejected - reference.rejected);
  const double h = chosen - rejected, beta = options.beta, smoothing = options.label_smoothing;
  PairLoss result;
  double dh;
  if (options.loss == PreferenceLoss::kIpo) {
    const double miss = h - 1 / (2 * beta);
    result.loss = miss * miss;
    dh = 2 * miss;
  } else {
    result.loss = -(1 - smoothing) * log_sigmoid(beta * h) - smoothing * log_sigmoid(-beta * h);
    dh = beta * (smoothing * sigmoid(beta * h) - (1 - smoothing) * sigmoid(-beta * h));
  }
  result.dchosen = dh * per_chosen;
  result.drejected = -dh * per_rejected;
  if (options.sft_weight > 0) {
    const double weight = options.sft_weight / static_cast<double>(chosen_tokens);
    result.loss -= weight * policy.chosen;
    result.dchosen -= weight;
  }
  result.chosen_reward = beta * (policy.chosen - reference.chosen);
  result.rejected_reward = beta * (policy.rejected - reference.rejected);
  return result;
}

PreferenceObjective::PreferenceObjective(std::span<const PreferencePair> pairs,
                                         std::vector<PairLogProbs> reference,
                                         const PreferenceOptions& options,
                                         std::function<std::string(size_t)> name_of)
    : sequences_(in_turn(pairs)),
      reference_(std::move(reference)),
      options_(options),
      name_of_(name_of ? std::move(name_of) : pair_name) {
  TWIN_CHECK(reference_.size() == pairs.size());
  for (size_t i = 0; i < pairs.size(); ++i) {
    const TrainingSequence &chosen = pairs[i].chosen, &rejected = pairs[i].rejected;
    TWIN_CHECK(chosen.tokens.size() == chosen.loss_mask.size());
    TWIN_CHECK(rejected.tokens.size() == rejected.loss_mask.size());
    if (chosen.tokens.size() < 2 || rejected.tokens.size() < 2 || answer_tokens(chosen) == 0 ||
        answer_tokens(rejected) == 0) {
      throw Error(ErrorCode::kBadInput, fmt::format("{}: an answer is empty", name_of_(i)));
    }
    if (chosen.tokens == rejected.tokens) {
      throw Error(ErrorCode::kBadInput,
                  fmt::format("{}: chosen and rejected are the same", name_of_(i)));
    }
  }
}

std::vector<PackedBatch> PreferenceObjective::pack(std::span<const size_t> order,
                                                   size_t batch_tokens) const {
  std::vector<PackedBatch> batches;
  std::vector<size_t> together;
  size_t filled = 0;
  const auto close = [&] {
    if (together.empty()) return;
    for (PackedBatch& batch : twin::pack(sequences_, together, batch_tokens)) {
      batches.push_back(std::move(batch));
    }
    together.clear();
    filled = 0;
  };
  for (size_t index : order) {
    const size_t size = places(sequences_[2 * index]) + places(sequences_[2 * index + 1]);
    if (size > batch_tokens) {
      throw Error(ErrorCode::kBadInput,
                  fmt::format("{}: its two answers take {} tokens, a micro-batch holds {}",
                              name_of_(index), size, batch_tokens));
    }
    if (filled + size > batch_tokens) close();
    together.insert(together.end(), {2 * index, 2 * index + 1});
    filled += size;
  }
  close();
  return batches;
}

std::vector<std::string> PreferenceObjective::figure_names() const {
  return {"rewards/chosen", "rewards/rejected", "rewards/margins", "rewards/accuracies"};
}

ObjectiveLoss PreferenceObjective::loss(Context& context, const kernels::Kernels& kernels,
                                        const PackedBatch& batch, std::span<const float> hidden,
                                        const Matrix& lm_head, const LossGradient& gradient) {
  const size_t C = lm_head.cols;
  const bool head = !gradient.dlm_head.empty();
  std::vector<float> losses(batch.targets.size()), weights(batch.targets.size());
  CrossEntropyOptions options;
  options.compute = gradient.compute;
  // A row's gradient is its own loss's times a weight that follows from all of its pair's losses.
  // The output matrix adds rows up and needs the weights first.
  std::vector<float> unused(head ? gradient.dhidden.size() : 0);
  cross_entropy(context, kernels, hidden, lm_head, batch.targets,
                head ? std::span<float>(unused) : gradient.dhidden, {}, losses, options);

  const std::vector<double> policy = log_probs(batch, losses);
  ObjectiveLoss result;
  double chosen_reward = 0, rejected_reward = 0, right = 0;
  std::vector<double> dlosses(batch.segments.size());  // by the segments' summed losses
  for (size_t s = 0; s < batch.segments.size(); s += 2) {
    const size_t index = batch.sequences[s];
    TWIN_CHECK(index % 2 == 0 && batch.sequences[s + 1] == index + 1);
    const PairLoss pair =
        pair_loss(options_, {policy[s], policy[s + 1]}, reference_[index / 2],
                  answer_tokens(sequences_[index]), answer_tokens(sequences_[index + 1]));
    result.loss_sum += pair.loss;
    chosen_reward += pair.chosen_reward;
    rejected_reward += pair.rejected_reward;
    right += pair.chosen_reward > pair.rejected_reward ? 1 : 0;
    dlosses[s] = -pair.dchosen;
    dlosses[s + 1] = -pair.drejected;
  }
  result.figures = {chosen_reward, rejected_reward, chosen_reward - rejected_reward, right};
  for_segments(batch, [&](size_t s, size_t first, size_t rows) {
    const auto weight = static_cast<float>(gradient.scale * dlosses[s]);
    std::fill_n(weights.begin() + static_cast<ptrdiff_t>(first), rows, weight);
  });
  if (head) {
    options.row_weights = weights;
    cross_entropy(context, kernels, hidden, lm_head, batch.targets, gradient.dhidden,
                  gradient.dlm_head, {}, options);
  } else {
    for (size_t n = 0; n < weights.size(); ++n) {
      for (size_t c = 0; c < C; ++c) gradient.dhidden[n * C + c] *= weights[n];
    }
  }
  return result;
}

std::string PreferenceObjective::describe(const PackedBatch& batch) const {
  std::string names;
  for (size_t s = 0; s < batch.sequences.size(); s += 2) {
    names += (names.empty() ? "" : ", ") + name_of_(batch.sequences[s] / 2);
  }
  return names;
}

std::vector<PairLogProbs> reference_log_probs(Context& context, const kernels::Kernels& kernels,
                                              const DecoderTensors& tensors,
                                              std::span<const PreferencePair> pairs,
                                              size_t batch_tokens, kernels::Compute compute,
                                              const LoraAdapter* adapter) {
  const std::vector<TrainingSequence> sequences = in_turn(pairs);
  std::vector<size_t> order(sequences.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  Decoder decoder(context, kernels, tensors);
  // Nothing is kept, but it is computed as training computes it.
  const ActivationsPtr activations =
      Decoder::make_activations({tensors.config.num_hidden_layers, compute});
  CrossEntropyOptions options;
  options.compute = compute;
  std::vector<PairLogProbs> result(pairs.size());
  std::vector<float> hidden, dhidden, losses;
  for (PackedBatch& batch : pack(sequences, order, batch_tokens)) {
    stop_if_interrupted(context);
    batch.set_adapter(adapter);
    hidden.resize(batch.tokens.size() * tensors.config.hidden_size);
    dhidden.resize(hidden.size());
    losses.resize(batch.tokens.size());
    decoder.forward(batch.batch(), hidden, activations.get());
    cross_entropy(context, kernels, hidden, tensors.lm_head, batch.targets, dhidden, {}, losses,
                  options);
    const std::vector<double> sums = log_probs(batch, losses);
    for (size_t s = 0; s < sums.size(); ++s) {
      const size_t sequence = batch.sequences[s];
      PairLogProbs& pair = result[sequence / 2];
      (sequence % 2 == 0 ? pair.chosen : pair.rejected) = sums[s];
    }
  }
  return result;
}

}  // namespace twin
