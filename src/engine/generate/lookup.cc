#include "engine/generate/lookup.h"

#include <algorithm>

namespace twin {
namespace {

constexpr double kMemory = 0.95;     // of a guess's weight in its record, left after the next one
constexpr double kWorthwhile = 1.1;  // tokens per time, of those without: below it, no guess

}  // namespace

size_t Lookup::record_of(size_t matched) {
  if (matched < 5) return matched - kShortest;
  if (matched < 8) return 3;
  return matched < 16 ? 4 : 5;
}

uint64_t Lookup::key(size_t n) const {
  uint64_t hash = n;
  for (size_t i = tokens_.size() - n; i < tokens_.size(); ++i) {
    hash = (hash ^ static_cast<uint32_t>(tokens_[i])) * 0x9e3779b97f4a7c15;
    hash ^= hash >> 29;
  }
  return hash;
}

void Lookup::remember(int32_t token) {
  // Only now is it known what follows the ends so far.
  for (size_t n = kShortest; n <= std::min(kLongest, tokens_.size()); ++n) {
    after_[key(n)] = static_cast<uint32_t>(tokens_.size());
  }
  tokens_.push_back(token);
}

void Lookup::find() {
  matched_ = 0;
  for (size_t n = std::min(kLongest, tokens_.size()); n >= kShortest; --n) {
    const auto found = after_.find(key(n));
    if (found == after_.end()) continue;
    next_ = found->second;
    matched_ = n;
    return;
  }
}

void Lookup::begin(std::span<const int32_t> prompt) {
  if (most_ == 0) return;
  tokens_.reserve(tokens_.size() + prompt.size());
  for (const int32_t token : prompt) remember(token);
  find();
}

void Lookup::append(int32_t token) {
  if (most_ == 0) return;
  bool right = false;
  if (matched_ > 0) {
    right = tokens_[next_] == token;
    Record& record = records_[record_of(matched_)];
    record.made = record.made * kMemory + 1;
    record.right = record.right * kMemory + (right ? 1 : 0);
  }
  remember(token);
  if (right) {
    ++next_;
    ++matched_;
  } else {
    find();
  }
}

std::span<const int32_t> Lookup::guess(size_t room, double cost) {
  last_ = 0;
  if (matched_ == 0) return {};
  const size_t longest = std::min({room, most_, tokens_.size() - next_});
  // With k guesses a step writes `tokens` on average and takes `time`: the k with the best ratio.
  double all_right = 1, tokens = 1, time = 1;
  size_t k = 0;
  for (; k < longest; ++k) {
    const Record& record = records_[record_of(matched_ + k)];
    all_right *= record.right / record.made;
    if (all_right * time <= cost * tokens) break;
    tokens += all_right;
    time += cost;
  }
  if (tokens < kWorthwhile * time) return {};
  last_ = k;
  return std::span(tokens_).subspan(next_, k);
}

void Lookup::tell(size_t right) {
  if (last_ == 0) return;
  guessed_ += last_;
  right_ += right;
  last_ = 0;
}

}  // namespace twin
