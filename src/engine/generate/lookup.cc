#include "engine/generate/lookup.h"

#include <algorithm>

namespace twin {
namespace {

// Below this share of right guesses it rests. Chosen, not fitted: on stories260K, which fits into
// the caches, verifying does not pay even at a share of a half (docs/engine/generation.md).
constexpr double kPoor = 0.15;
constexpr double kMemory = 0.8;  // how much of the share is the past's

}  // namespace

uint64_t Lookup::key(size_t n) const {
  uint64_t hash = n;
  for (size_t i = tokens_.size() - n; i < tokens_.size(); ++i) {
    hash = (hash ^ static_cast<uint32_t>(tokens_[i])) * 0x9e3779b97f4a7c15;
    hash ^= hash >> 29;
  }
  return hash;
}

void Lookup::append(std::span<const int32_t> tokens) {
  if (most_ == 0) return;
  for (const int32_t token : tokens) {
    // Only now is it known what follows the ends so far.
    for (size_t n = kShortest; n <= std::min(kLongest, tokens_.size()); ++n) {
      after_[key(n)] = static_cast<uint32_t>(tokens_.size());
    }
    tokens_.push_back(token);
    resting_ -= resting_ > 0;
  }
}

std::span<const int32_t> Lookup::guess(size_t room) {
  last_ = 0;
  if (resting_ > 0 || room == 0) return {};
  for (size_t n = std::min(kLongest, tokens_.size()); n >= kShortest; --n) {
    const auto found = after_.find(key(n));
    if (found == after_.end()) continue;
    // Shorter guesses behind shorter matches and poor luck.
    const auto hopeful = static_cast<size_t>(static_cast<double>(most_) * 2 * share_) + 1;
    const size_t begin = found->second;
    last_ = std::min({room, most_, hopeful, tokens_.size() - begin});
    return std::span(tokens_).subspan(begin, last_);
  }
  return {};
}

void Lookup::tell(size_t right) {
  if (last_ == 0) return;
  guessed_ += last_;
  right_ += right;
  share_ =
      kMemory * share_ + (1 - kMemory) * static_cast<double>(right) / static_cast<double>(last_);
  last_ = 0;
  if (share_ >= kPoor) {
    if (share_ > 0.5) rest_ = kRests[0];
    return;
  }
  resting_ = rest_;
  rest_ = std::min(rest_ * 2, kRests[1]);
  share_ = 2 * kPoor;  // a second chance, soon lost again
}

}  // namespace twin
