#include "engine/learn/packing.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace twin {

void PackedBatch::set_adapter(const LoraAdapter* adapter) {
  for (Segment& segment : segments) segment.adapter = adapter;
}

size_t PackedBatch::counted() const {
  return static_cast<size_t>(
      std::count_if(targets.begin(), targets.end(), [](int32_t t) { return t >= 0; }));
}

PackedBatch PackedBatch::part(size_t first, size_t last) const {
  PackedBatch result;
  size_t row = 0;
  for (size_t s = 0; s < last; ++s) {
    const size_t end = row + segments[s].length;
    if (s >= first) {
      result.tokens.insert(result.tokens.end(), tokens.begin() + static_cast<ptrdiff_t>(row),
                           tokens.begin() + static_cast<ptrdiff_t>(end));
      result.targets.insert(result.targets.end(), targets.begin() + static_cast<ptrdiff_t>(row),
                            targets.begin() + static_cast<ptrdiff_t>(end));
      result.segments.push_back(segments[s]);
      result.sequences.push_back(sequences[s]);
    }
    row = end;
  }
  return result;
}

std::vector<PackedBatch> pack(std::span<const TrainingSequence> sequences,
                              std::span<const size_t> order, size_t batch_tokens) {
  std::vector<PackedBatch> batches;
  for (size_t index : order) {
    const TrainingSequence& sequence = sequences[index];
    TWIN_CHECK(sequence.loss_mask.size() == sequence.tokens.size());
    if (sequence.tokens.size() < 2) continue;
    const size_t length = sequence.tokens.size() - 1;
    if (length > batch_tokens) {
      throw Error(
          ErrorCode::kBadInput,
          fmt::format("a training sequence has {} tokens; a batch takes {}", length, batch_tokens));
    }
    if (batches.empty() || batches.back().tokens.size() + length > batch_tokens) {
      batches.emplace_back();
    }
    PackedBatch& batch = batches.back();
    for (size_t i = 0; i < length; ++i) {
      batch.tokens.push_back(sequence.tokens[i]);
      batch.targets.push_back(sequence.loss_mask[i + 1] != 0 ? sequence.tokens[i + 1] : -1);
    }
    batch.segments.push_back({length});
    batch.sequences.push_back(index);
  }
  return batches;
}

}  // namespace twin
