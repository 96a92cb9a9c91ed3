#pragma once

#include <chrono>
#include <cstddef>

#include "base/context.h"

namespace twin {

// How long to wait before the same request again: `first`, then twice as long each time.
struct BackoffOptions {
  std::chrono::milliseconds first{1000};
  std::chrono::milliseconds longest{60'000};
  size_t attempts = 6;  // in a row without success, the first one counted
};

// One run of attempts at something that may pass.
class Backoff {
 public:
  Backoff(const Context& context, BackoffOptions options)
      : context_(context), options_(options), next_(options.first) {}
  // After a failure: waits and returns true, or false where the attempts are used up. Waits at
  // least `server_says` (a Retry-After), up to `longest`. Errors: kInterrupted.
  bool wait(std::chrono::milliseconds server_says = {});
  // After progress: counts from anew.
  void reset();

 private:
  const Context& context_;
  BackoffOptions options_;
  std::chrono::milliseconds next_;
  size_t failures_ = 0;
};

}  // namespace twin
