#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/model/decoder.h"

namespace twin {

// One sequence to learn: loss is counted on tokens[i] where loss_mask[i] is 1 (predicted from those
// before it; the first token is never counted).
struct TrainingSequence {
  std::vector<int32_t> tokens;
  std::vector<uint8_t> loss_mask;  // as long as tokens
};

// Several whole sequences one after the other, ready for the decoder: no padding, no attention from
// one to another.
struct PackedBatch {
  std::vector<int32_t> tokens;   // (N)
  std::vector<int32_t> targets;  // (N): the next token where it counts, else -1
  std::vector<Segment> segments;
  std::vector<size_t> sequences;  // the index of each segment's sequence

  Batch batch() const { return {tokens, segments}; }
  // What the segments go through; null: the base model alone.
  void set_adapter(const LoraAdapter* adapter);
  size_t counted() const;
  // Segments [first, last) alone.
  PackedBatch part(size_t first, size_t last) const;
};

// Fills batches of at most `batch_tokens` greedily in the order given. A sequence's last token is
// only a target, so it takes tokens.size() - 1 places; sequences of one token are left out, there
// is nothing to learn in them. Errors: kBadInput for a sequence longer than batch_tokens + 1.
std::vector<PackedBatch> pack(std::span<const TrainingSequence> sequences,
                              std::span<const size_t> order, size_t batch_tokens);

}  // namespace twin
