#pragma once

#include <atomic>
#include <chrono>
#include <memory>

#include "base/error.h"
#include "base/logger.h"
#include "base/process_group.h"
#include "base/progress.h"
#include "base/thread_pool.h"

namespace twin {

// Time as the program sees it; tests pass one that stands still.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::chrono::system_clock::time_point now() const = 0;
};

std::unique_ptr<Clock> make_system_clock();

// "2024-07-29T10:00:00Z".
std::string format_time(std::chrono::system_clock::time_point time);

// What every long-running function needs and nobody should reach for globally: built in main() or
// in a test, passed by reference, outlives whoever holds it.
struct Context {
  ThreadPool& threads;
  Logger& log;
  Progress& progress;
  const Clock& clock;
  // Set by the signal handler on Ctrl-C or SIGTERM: long work saves itself at its next safe point
  // and throws Error(kInterrupted).
  const std::atomic<bool>& interrupted;
  // Who else trains the same model, under mpirun.
  ProcessGroup& processes = single_process();
};

// What long work that saved itself ends with: kInterrupted.
Error interruption();
// Throws it if the user asked to stop.
void stop_if_interrupted(const Context& context);

// A Context whose parts it owns, silent: for tests and benchmarks.
class QuietContext {
 public:
  explicit QuietContext(size_t threads = 1);
  Context& context() { return context_; }
  operator Context&() { return context_; }

 private:
  ThreadPool threads_;
  std::unique_ptr<Logger> log_;
  std::unique_ptr<Progress> progress_;
  std::unique_ptr<Clock> clock_;
  std::atomic<bool> interrupted_ = false;
  Context context_;
};

}  // namespace twin
