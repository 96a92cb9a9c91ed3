#pragma once

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>

#include "base/context.h"
#include "stores/vectors/collection_index.h"
#include "stores/vectors/point_database.h"

namespace twin::vectors {

// When an index file is written anew, and with a graph from which size on.
struct IndexKeeping {
  size_t least_changes = 8192;  // since the last file; and an eighth of its points, or
  size_t most_changes = 65536;  // so many
  size_t exact_bytes = CollectionIndex::kExactBytes;  // int8 rows beyond which a graph is made
  HnswOptions graph = {};
};

// Whether the collection's index should be written anew.
bool is_due(const CollectionIndex& index, const IndexKeeping& keeping);

// Keeps the index files of a database up to date, in a thread of its own that starts with the first
// request: reads the collection, extends or builds its graph, writes the file and names it in the
// database. Nobody waits for it: searches are right without. Thread-safe.
class IndexKeeper {
 public:
  // `context` outlives the keeper.
  IndexKeeper(Context& context, const DotKernels& kernels, std::filesystem::path database,
              IndexKeeping keeping);
  // Finishes what must be; gives up what need not, or all where the context is interrupted.
  ~IndexKeeper();

  // Looks whether the collection's index is due. `must_finish`: the work is done even if the keeper
  // is destroyed meanwhile, because a program that writes much may be gone before anyone searches.
  void look_at(int64_t collection, bool must_finish);
  // Until there is nothing left to do: for tests and benchmarks.
  void wait_until_idle();

 private:
  void run();
  void keep(PointDatabase& database, int64_t collection);
  bool should_stop() const;

  Context& context_;
  const DotKernels& kernels_;
  std::filesystem::path database_;
  IndexKeeping keeping_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<int64_t, bool> wanted_;  // collection -> must_finish
  bool busy_ = false;
  std::atomic<bool> must_finish_ = false;  // what is worked on
  std::atomic<bool> closing_ = false;
  std::thread thread_;
};

}  // namespace twin::vectors
