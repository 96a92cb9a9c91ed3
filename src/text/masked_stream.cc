#include "text/masked_stream.h"

#include <algorithm>

#include "domain/masking.h"

namespace twin {
namespace {

constexpr size_t kHeldBytes = 200;
constexpr size_t kMostHeldBytes = 20'000;  // the longest value that is waited for

}  // namespace

bool MaskedStream::add(std::string_view piece) {
  if (!sink_ || !wanted_) return wanted_;
  held_ += piece;
  if (held_.size() < 2 * kHeldBytes) return true;
  size_t end = held_.size() - kHeldBytes;
  // Not within a word, and not within a value or one that has begun.
  end = held_.find_last_of(" \n", end);
  if (end == std::string::npos) return true;
  ++end;
  for (const PrivateSpan& span : find_private_data(held_, options_)) {
    if (span.range.begin < end && span.range.end > end) end = span.range.begin;
  }
  const size_t key = held_.rfind("-----BEGIN ", end);
  if (key != std::string::npos && held_.find("-----END ", key) == std::string::npos &&
      held_.size() - key < kMostHeldBytes) {
    end = std::min(end, key);
  }
  hand_on(end);
  return wanted_;
}

void MaskedStream::finish() {
  if (sink_ && wanted_) hand_on(held_.size());
}

void MaskedStream::hand_on(size_t end) {
  if (end == 0) return;
  wanted_ = sink_(masked(held_, {0, end}, find_private_data(held_, options_)));
  held_.erase(0, end);
}

}  // namespace twin
