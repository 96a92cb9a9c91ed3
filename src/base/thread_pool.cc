#include "base/thread_pool.h"

#include <algorithm>
#include <atomic>
#include <chrono>

#include "base/machine.h"

namespace twin {
namespace {

// True in a pool's worker and in a caller that is running its own piece.
thread_local bool inside_parallel_for = false;

// Tells the processor that this is a wait loop.
void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

struct InsideParallelFor {
  InsideParallelFor() { inside_parallel_for = true; }
  ~InsideParallelFor() { inside_parallel_for = false; }
};

// Looks for a few microseconds before a thread goes to sleep: waking it takes longer than the
// pieces of a small model's layers do.
template <class Condition>
void spin_until(const Condition& condition) {
  constexpr auto kPatience = std::chrono::microseconds(40);
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!condition() && std::chrono::steady_clock::now() < end) {
    for (int i = 0; i < 32 && !condition(); ++i) relax();
  }
}

}  // namespace

ThreadPool::ThreadPool(size_t threads) {
  if (threads == 0) threads = available_processors();
  errors_.resize(threads);
  workers_.reserve(threads - 1);
  for (size_t i = 1; i < threads; ++i) workers_.emplace_back([this, i] { work(i); });
}

ThreadPool::~ThreadPool() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  start_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::parallel_for(size_t count, const std::function<void(size_t, size_t, size_t)>& body,
                              size_t grain) {
  if (count == 0) return;
  if (inside_parallel_for || workers_.empty() || count <= grain) {
    body(0, count, 0);
    return;
  }
  std::lock_guard only(one_caller_);
  // Workers read these after they have seen the new generation; none is at work now.
  body_ = &body;
  count_ = count;
  grain_ = std::max<size_t>(1, grain);
  std::fill(errors_.begin(), errors_.end(), nullptr);
  pending_ = workers_.size();
  ++generation_;
  // The mutex is for sleepers alone: who is about to sleep has said so before it looked once more.
  if (asleep_ > 0) {
    std::lock_guard lock(mutex_);
    start_.notify_all();
  }
  run_piece(0);
  spin_until([this] { return pending_ == 0; });
  if (pending_ > 0) {
    std::unique_lock lock(mutex_);
    caller_waits_ = true;
    done_.wait(lock, [this] { return pending_ == 0; });
    caller_waits_ = false;
  }
  for (const std::exception_ptr& error : errors_) {
    if (error) std::rethrow_exception(error);
  }
}

void ThreadPool::run_piece(size_t worker) {
  const size_t pieces = size();
  const size_t grains = (count_ + grain_ - 1) / grain_;
  const size_t begin = std::min(count_, grains * worker / pieces * grain_);
  const size_t end = std::min(count_, grains * (worker + 1) / pieces * grain_);
  if (begin == end) return;
  InsideParallelFor inside;
  try {
    (*body_)(begin, end, worker);
  } catch (...) {
    errors_[worker] = std::current_exception();
  }
}

void ThreadPool::work(size_t worker) {
  size_t seen = 0;
  while (true) {
    const auto called = [&] { return stopping_ || generation_ != seen; };
    spin_until(called);
    if (!called()) {
      std::unique_lock lock(mutex_);
      ++asleep_;
      start_.wait(lock, called);
      --asleep_;
    }
    if (stopping_) return;
    seen = generation_;
    run_piece(worker);
    if (--pending_ == 0 && caller_waits_) {
      std::lock_guard lock(mutex_);
      done_.notify_one();
    }
  }
}

}  // namespace twin
