#include "stores/vectors/index_keeper.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "base/hashing.h"
#include "stores/vectors/loaded_collection.h"

namespace twin::vectors {
namespace {

namespace fs = std::filesystem;

// A row that was removed is a step on the way to others, up to a quarter of a graph's rows.
constexpr size_t kMostRemoved = 4;

bool wants_graph(const CollectionIndex& index, const IndexKeeping& keeping) {
  return index.dimensions() > 0 && index.live() * index.rows().stride() > keeping.exact_bytes;
}

std::optional<CollectionRow> row_of(PointDatabase& database, int64_t number) {
  for (CollectionRow& row : database.collections()) {
    if (row.number == number) return std::move(row);
  }
  return std::nullopt;
}

// Writes the file, then names it in the database, then removes the ones it replaces.
void publish(PointDatabase& database, LoadedCollection& loaded, std::span<const uint32_t> slots,
             const HnswGraph* graph, const Context& context) {
  const fs::path path = database.path();
  CollectionRow& row = loaded.row;
  const auto now = context.clock.now().time_since_epoch().count();
  const std::string unique = neighbour_of(path).string();  // by process and count
  row.index_tag = KeyHasher().add(unique).add(static_cast<long long>(now)).finish().substr(0, 16);
  const fs::path file = index_file(path, row);
  write_segment(file, row, loaded.position, *loaded.index, slots, graph);
  {
    sqlite::Transaction transaction = database.begin();
    const std::optional<CollectionRow> found = row_of(database, row.number);
    if (found) database.set_index(row.number, row.index_tag, loaded.position);
    transaction.commit();
  }
  const std::string prefix = fmt::format("{}-", row.number);
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(index_folder(path), ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(prefix) && name != file.filename()) fs::remove(entry.path(), ignored);
  }
}

}  // namespace

bool is_due(const CollectionIndex& index, const IndexKeeping& keeping) {
  const size_t changes = index.unsettled();
  const size_t settled = index.size() - std::min(index.size(), changes);
  const size_t enough = std::clamp(settled / 8, keeping.least_changes,
                                   std::max(keeping.least_changes, keeping.most_changes));
  if (changes >= enough) return true;
  return changes < settled && wants_graph(index, keeping) && index.graph() == nullptr;
}

IndexKeeper::IndexKeeper(Context& context, const DotKernels& kernels, fs::path database,
                         IndexKeeping keeping)
    : context_(context), kernels_(kernels), database_(std::move(database)), keeping_(keeping) {}

IndexKeeper::~IndexKeeper() {
  {
    std::lock_guard lock(mutex_);
    closing_ = true;
    std::erase_if(wanted_, [](const auto& entry) { return !entry.second; });
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void IndexKeeper::look_at(int64_t collection, bool must_finish) {
  {
    std::lock_guard lock(mutex_);
    wanted_[collection] = wanted_[collection] || must_finish;
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  }
  changed_.notify_all();
}

void IndexKeeper::wait_until_idle() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return wanted_.empty() && !busy_; });
}

bool IndexKeeper::should_stop() const {
  return context_.interrupted || (closing_ && !must_finish_);
}

void IndexKeeper::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return closing_ || !wanted_.empty(); });
    if (wanted_.empty() || context_.interrupted) {
      if (closing_ || context_.interrupted) break;
      continue;
    }
    const auto [collection, must_finish] = *wanted_.begin();
    wanted_.erase(wanted_.begin());
    must_finish_ = must_finish;
    busy_ = true;
    lock.unlock();
    try {
      PointDatabase database(database_.string());
      keep(database, collection);
    } catch (const std::exception& error) {
      // A full disk, say: what is stored is whole, and searched more slowly.
      context_.log.warning(
          fmt::format("{}: its index was not written: {}", database_.string(), error.what()));
    }
    lock.lock();
    busy_ = false;
    changed_.notify_all();
  }
  wanted_.clear();
  changed_.notify_all();
}

void IndexKeeper::keep(PointDatabase& database, int64_t collection) {
  std::optional<CollectionRow> row = row_of(database, collection);
  if (!row) return;
  std::shared_ptr<LoadedCollection> loaded = load_collection(database, *row);
  if (!is_due(*loaded->index, keeping_)) return;
  const auto stop = [this] { return should_stop(); };
  const auto build = [&](const HnswGraph* old) {
    const CollectionIndex& index = *loaded->index;
    context_.log.debug(fmt::format("{}: {} rows into the graph of '{}'", database_.string(),
                                   index.size() - (old == nullptr ? 0 : old->size()), row->name));
    std::optional<HnswArrays> arrays =
        build_hnsw(context_, kernels_, index.distance(), index.rows(), old, keeping_.graph, stop);
    if (arrays) {
      arrays->ef_search = calibrate_ef(context_, kernels_, index.distance(), index.rows(),
                                       arrays->view(), &index.left());
    }
    return arrays;
  };
  const auto all = [&] {
    std::vector<uint32_t> slots(loaded->index->size());
    std::iota(slots.begin(), slots.end(), 0u);
    return slots;
  };
  const bool graph = wants_graph(*loaded->index, keeping_);
  const size_t removed = loaded->index->size() - loaded->index->live();
  if (graph && loaded->index->graph() != nullptr &&
      kMostRemoved * removed <= loaded->index->size()) {
    const std::optional<HnswArrays> extended = build(loaded->index->graph());
    if (!extended) return;
    const HnswGraph view = extended->view();
    publish(database, *loaded, all(), &view, context_);
    return;
  }
  // The rows alone first: they make the next start fast, and the graph is over what is left.
  publish(database, *loaded, loaded->index->left().slots(), nullptr, context_);
  if (!graph) return;
  loaded = load_collection(database, loaded->row);
  const std::optional<HnswArrays> built = build(nullptr);
  if (!built) return;
  const HnswGraph view = built->view();
  publish(database, *loaded, all(), &view, context_);
}

}  // namespace twin::vectors
