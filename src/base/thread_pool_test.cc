#include "base/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <numeric>

#include "base/error.h"

namespace twin {
namespace {

TEST(ThreadPool, EveryIndexIsVisitedOnce) {
  for (size_t threads : {1, 2, 3, 7}) {
    ThreadPool pool(threads);
    for (size_t count : {0, 1, 2, 5, 64, 1000}) {
      std::vector<int> visits(count);
      pool.parallel_for(count, [&](size_t begin, size_t end, size_t worker) {
        ASSERT_LT(worker, pool.size());
        for (size_t i = begin; i < end; ++i) ++visits[i];
      });
      EXPECT_EQ(std::accumulate(visits.begin(), visits.end(), size_t{0}), count);
    }
  }
}

TEST(ThreadPool, PiecesAreMultiplesOfTheGrain) {
  ThreadPool pool(3);
  std::atomic<size_t> covered = 0;
  pool.parallel_for(
      50,
      [&](size_t begin, size_t end, size_t) {
        EXPECT_EQ(begin % 16, 0u);
        EXPECT_TRUE(end % 16 == 0 || end == 50);
        covered += end - begin;
      },
      16);
  EXPECT_EQ(covered, 50u);
}

TEST(ThreadPool, WorkersErrorReachesTheCallerAndThePoolLivesOn) {
  ThreadPool pool(4);
  const auto fail_late = [](size_t begin, size_t, size_t) {
    if (begin > 0) throw Error(ErrorCode::kFailed, "piece failed");
  };
  EXPECT_THROW(pool.parallel_for(100, fail_late), Error);
  std::atomic<size_t> sum = 0;
  pool.parallel_for(100, [&](size_t begin, size_t end, size_t) { sum += end - begin; });
  EXPECT_EQ(sum, 100u);
}

TEST(ThreadPool, NestedCallRunsSerially) {
  ThreadPool pool(2);
  std::atomic<size_t> inner = 0;
  pool.parallel_for(2, [&](size_t, size_t, size_t) {
    pool.parallel_for(10, [&](size_t begin, size_t end, size_t) { inner += end - begin; });
  });
  EXPECT_EQ(inner, 20u);
}

}  // namespace
}  // namespace twin
