#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace twin {

// A fixed set of worker threads. Work is cut into as many contiguous pieces as there are threads,
// whatever their speed, so that the same thread count gives the same bits.
//
// Thread-safety: one parallel_for at a time; a second caller waits for the first. A parallel_for
// called from inside a worker runs there, serially.
class ThreadPool {
 public:
  // 0 threads: as many as the process may use.
  explicit ThreadPool(size_t threads = 0);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  size_t size() const { return workers_.size() + 1; }

  // Calls body(begin, end, worker) on disjoint pieces that cover [0, count); worker < size().
  // Each piece's length is a multiple of `grain` but for the last. Returns when all are done.
  // Errors: the first piece's exception, in piece order, is rethrown here.
  void parallel_for(size_t count, const std::function<void(size_t, size_t, size_t)>& body,
                    size_t grain = 1);

 private:
  void work(size_t worker);
  void run_piece(size_t worker);

  std::vector<std::thread> workers_;
  std::mutex one_caller_;
  std::mutex mutex_;
  std::condition_variable start_;
  std::condition_variable done_;
  const std::function<void(size_t, size_t, size_t)>* body_ = nullptr;
  size_t count_ = 0;
  size_t grain_ = 1;
  std::atomic<size_t> generation_ = 0;
  std::atomic<size_t> pending_ = 0;
  std::atomic<size_t> asleep_ = 0;          // workers that wait for start_
  std::atomic<bool> caller_waits_ = false;  // for done_
  std::atomic<bool> stopping_ = false;
  std::vector<std::exception_ptr> errors_;
};

}  // namespace twin
