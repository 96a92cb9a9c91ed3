#include "base/backoff.h"

#include <algorithm>
#include <thread>

namespace twin {

bool Backoff::wait(std::chrono::milliseconds server_says) {
  if (++failures_ >= options_.attempts) return false;
  constexpr auto kSlice = std::chrono::milliseconds(100);
  auto left = std::min(std::max(next_, server_says), options_.longest);
  next_ = std::min(2 * next_, options_.longest);
  while (left.count() > 0) {
    stop_if_interrupted(context_);
    std::this_thread::sleep_for(std::min(left, kSlice));
    left -= std::min(left, kSlice);
  }
  return true;
}

void Backoff::reset() {
  failures_ = 0;
  next_ = options_.first;
}

}  // namespace twin
