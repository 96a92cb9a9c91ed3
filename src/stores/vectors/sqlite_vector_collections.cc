#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <mutex>
#include <nlohmann/json.hpp>
#include <shared_mutex>

#include "base/error.h"
#include "stores/vectors/index_keeper.h"
#include "stores/vectors/loaded_collection.h"
#include "stores/vectors/point_database.h"
#include "stores/vectors/vector_collections.h"

namespace twin {
namespace {

using namespace vectors;

constexpr size_t kMaxDimensions = 65536;
constexpr size_t kMaxNameBytes = 255;
constexpr size_t kFewPoints = 4096;  // looked up one by one sooner than all ids are read in order

std::string_view bytes_of(std::span<const float> vector) {
  return {reinterpret_cast<const char*>(vector.data()), vector.size_bytes()};
}

std::vector<float> floats_of(std::string_view bytes) {
  std::vector<float> vector(bytes.size() / sizeof(float));
  if (!vector.empty()) std::memcpy(vector.data(), bytes.data(), vector.size() * sizeof(float));
  return vector;
}

Json payload_of(std::string_view text) { return parse_json(text, "vector store"); }

// To unit length, but for vectors that are so already or are zero: what comes in comes out.
void normalise(std::vector<float>& vector) {
  double squares = 0;
  for (const float x : vector) squares += double{x} * x;
  if (squares == 0 || std::abs(squares - 1) < 1e-5) return;
  const double factor = 1 / std::sqrt(squares);
  for (float& x : vector) x = static_cast<float>(x * factor);
}

std::set<std::string> text_fields(const std::map<std::string, std::string>& fields) {
  std::set<std::string> names;
  for (const auto& [field, schema] : fields) {
    if (schema == "text") names.insert(field);
  }
  return names;
}

class SqliteVectorCollections : public VectorCollections {
 public:
  SqliteVectorCollections(Context& context, const std::filesystem::path& path,
                          const VectorCollectionsOptions& options)
      : context_(context),
        kernels_(choose_dot_kernels(options.isa)),
        search_options_(options.search),
        writer_(path.string()),
        reader_(path.string()),
        keeper_(context, kernels_, path, options.keeping),
        keeping_(options.keeping) {}

  std::vector<VectorCollection> list() const override {
    std::lock_guard reading(reader_mutex_);
    std::vector<VectorCollection> all;
    for (const CollectionRow& row : reader_.collections()) all.push_back(public_view(row));
    return all;
  }

  std::optional<VectorCollection> find(std::string_view name) const override {
    std::lock_guard reading(reader_mutex_);
    const std::optional<CollectionRow> row = find_row(reader_, name);
    return row ? std::optional(public_view(*row)) : std::nullopt;
  }

  bool create(const VectorCollection& collection) override {
    const std::string& name = collection.name;
    const bool bad =
        name.empty() || name.size() > kMaxNameBytes ||
        name.find_first_of(std::string_view("/\\<>:\"|?*\0\x1f", 11)) != std::string::npos;
    if (bad) {
      throw Error(
          ErrorCode::kBadInput,
          fmt::format("'{}' is no collection name: 1 to {} bytes without / \\ < > : \" | ? *", name,
                      kMaxNameBytes));
    }
    if (collection.dimensions > kMaxDimensions) {
      throw Error(ErrorCode::kBadInput, fmt::format("{} dimensions; expected at most {}",
                                                    collection.dimensions, kMaxDimensions));
    }
    std::lock_guard writing(writer_mutex_);
    sqlite::Transaction transaction = writer_.begin();
    if (find_row(writer_, name)) return false;
    CollectionRow row;
    row.name = name;
    row.dimensions = collection.dimensions;
    row.distance = collection.distance;
    row.fields = collection.fields;
    row.settings = collection.settings;
    writer_.create_collection(row);
    transaction.commit();
    return true;
  }

  bool drop(std::string_view name) override {
    std::lock_guard writing(writer_mutex_);
    sqlite::Transaction transaction = writer_.begin();
    const std::optional<CollectionRow> row = find_row(writer_, name);
    if (!row) return false;
    writer_.drop_collection(row->number);
    transaction.commit();
    return true;
  }

  void index_field(std::string_view name, const std::string& field,
                   const std::string& schema) override {
    change_fields(name, [&](auto& fields) { fields[field] = schema; });
  }

  void drop_field_index(std::string_view name, const std::string& field) override {
    change_fields(name, [&](auto& fields) { fields.erase(field); });
  }

  std::map<std::string, std::string> aliases() const override {
    std::lock_guard reading(reader_mutex_);
    return reader_.aliases();
  }

  void change_aliases(
      const std::vector<std::pair<std::string, std::string>>& alias_to_collection) override {
    std::lock_guard writing(writer_mutex_);
    sqlite::Transaction transaction = writer_.begin();
    for (const auto& [alias, collection] : alias_to_collection) {
      if (collection.empty()) {
        writer_.drop_alias(alias);
      } else {
        writer_.set_alias(alias, existing(writer_, collection).number);
      }
    }
    transaction.commit();
  }

  void change(std::span<const CollectionChange> changes) override {
    std::lock_guard writing(writer_mutex_);
    sqlite::Transaction transaction = writer_.begin();
    std::map<int64_t, size_t> changed;
    for (const CollectionChange& change : changes) {
      const CollectionRow row = existing(writer_, change.collection);
      for (const PointId& id : change.remove) {
        if (writer_.remove(row.number, id)) ++changed[row.number];
      }
      for (const CollectionPoint& point : change.upsert) {
        std::vector<float> vector = checked(row, point.vector);
        if (row.distance == Distance::kCosine) normalise(vector);
        writer_.put(row.number, point.id, point.payload, bytes_of(vector));
        ++changed[row.number];
      }
    }
    transaction.commit();
    for (const auto& [number, count] : changed) {
      size_t& since = since_looked_[number];
      since += count;
      if (since < std::max<size_t>(1, keeping_.least_changes / 2)) continue;
      since = 0;
      keeper_.look_at(number, true);
    }
  }

  void wait_until_kept() override { keeper_.wait_until_idle(); }

  std::vector<CollectionPoint> search(std::string_view name,
                                      const CollectionQuery& query) const override {
    while (true) {
      const std::shared_ptr<const LoadedCollection> loaded = current(name);
      std::vector<float> vector = checked(loaded->row, query.vector);
      if (loaded->row.distance == Distance::kCosine) normalise(vector);
      std::vector<std::pair<float, int64_t>> found;
      {
        std::shared_lock searching(index_mutex_);
        const CollectionIndex& index = *loaded->index;
        const std::optional<Bitmap> only = passing(*loaded, query.filter);
        CollectionIndex::SearchOptions options = search_options_;
        if (query.exact) options.exact_bytes = SIZE_MAX;
        for (const ScoredSlot& row :
             index.search(context_, kernels_, vector, query.k, only ? &*only : nullptr, options)) {
          found.emplace_back(row.score, index.number_of(row.slot));
        }
      }
      std::vector<CollectionPoint> points;
      if (!read_all(found, loaded->row.distance, query.parts, points)) continue;
      std::sort(points.begin(), points.end(), [&](const auto& a, const auto& b) {
        if (a.score != b.score) {
          return (a.score < b.score) == (loaded->row.distance == Distance::kEuclid);
        }
        return a.id < b.id;
      });
      if (points.size() > query.k) points.resize(query.k);
      return points;
    }
  }

  std::vector<CollectionPoint> scroll(std::string_view name, const PointId& from, size_t limit,
                                      const PayloadFilter& filter,
                                      PointParts parts) const override {
    std::vector<std::pair<PointId, int64_t>> page = numbers(name, from, limit, filter);
    std::lock_guard reading(reader_mutex_);
    std::vector<CollectionPoint> points;
    for (const auto& [id, number] : page) {
      std::optional<PointDatabase::Point> point = reader_.point(number, parts.vector);
      if (point) points.push_back(public_point(std::move(*point), parts));
    }
    return points;
  }

  std::vector<CollectionPoint> get(std::string_view name, std::span<const PointId> ids,
                                   PointParts parts) const override {
    std::lock_guard reading(reader_mutex_);
    const CollectionRow row = existing(reader_, name);
    std::vector<CollectionPoint> points;
    for (const PointId& id : ids) {
      std::optional<PointDatabase::Point> point = reader_.point(row.number, id, parts.vector);
      if (point) points.push_back(public_point(std::move(*point), parts));
    }
    return points;
  }

  std::vector<PointId> ids(std::string_view name, const PayloadFilter& filter) const override {
    std::vector<PointId> list;
    for (auto& [id, number] : numbers(name, {}, SIZE_MAX, filter)) list.push_back(std::move(id));
    return list;
  }

  size_t count(std::string_view name, const PayloadFilter& filter) const override {
    if (filter.empty()) {
      std::lock_guard reading(reader_mutex_);
      return reader_.count(existing(reader_, name).number);
    }
    const std::shared_ptr<const LoadedCollection> loaded = current(name);
    std::shared_lock searching(index_mutex_);
    return passing(*loaded, filter)->count();
  }

 private:
  static VectorCollection public_view(const CollectionRow& row) {
    return {row.name, row.dimensions, row.distance, row.fields, row.settings};
  }

  static CollectionPoint public_point(PointDatabase::Point point, PointParts parts) {
    CollectionPoint result;
    result.id = std::move(point.id);
    result.payload = parts.payload ? std::move(point.payload) : std::string();
    result.vector = floats_of(point.vector);
    return result;
  }

  static std::optional<CollectionRow> find_row(PointDatabase& database, std::string_view name) {
    const std::map<std::string, std::string> all = database.aliases();
    const auto alias = all.find(std::string(name));
    const std::string_view wanted = alias == all.end() ? name : std::string_view(alias->second);
    for (CollectionRow& row : database.collections()) {
      if (row.name == wanted) return std::move(row);
    }
    return std::nullopt;
  }

  static CollectionRow existing(PointDatabase& database, std::string_view name) {
    std::optional<CollectionRow> row = find_row(database, name);
    if (row) return std::move(*row);
    throw Error(ErrorCode::kUsage, fmt::format("Collection `{}` doesn't exist!", name));
  }

  static std::vector<float> checked(const CollectionRow& row, const std::vector<float>& vector) {
    if (vector.size() != row.dimensions) {
      throw Error(ErrorCode::kBadInput,
                  fmt::format("collection '{}': a vector of {} dimensions; expected {}", row.name,
                              vector.size(), row.dimensions));
    }
    for (const float x : vector) {
      if (!std::isfinite(x)) {
        throw Error(
            ErrorCode::kBadInput,
            fmt::format("collection '{}': a vector with a number that is not finite", row.name));
      }
    }
    return vector;
  }

  void change_fields(std::string_view name,
                     const std::function<void(std::map<std::string, std::string>&)>& edit) {
    std::lock_guard writing(writer_mutex_);
    sqlite::Transaction transaction = writer_.begin();
    CollectionRow row = existing(writer_, name);
    edit(row.fields);
    writer_.set_fields(row.number, row.fields);
    transaction.commit();
  }

  // The collection's index with every change committed before the call.
  std::shared_ptr<const LoadedCollection> current(std::string_view name) const {
    std::lock_guard reading(reader_mutex_);
    const int64_t version = reader_.data_version();
    if (version != rows_version_) {
      rows_.clear();
      for (const CollectionRow& row : reader_.collections()) rows_.emplace(row.name, row);
      for (const auto& [alias, target] : reader_.aliases()) {
        if (rows_.contains(target)) rows_.emplace(alias, rows_.at(target));
      }
      std::erase_if(loaded_, [&](const auto& entry) {
        return std::none_of(rows_.begin(), rows_.end(),
                            [&](const auto& row) { return row.second.number == entry.first; });
      });
      rows_version_ = version;
    }
    const auto row = rows_.find(name);
    if (row == rows_.end()) static_cast<void>(existing(reader_, name));  // says what is wrong
    std::shared_ptr<LoadedCollection>& loaded = loaded_[row->second.number];
    const auto load = [&] {
      loaded = load_collection(reader_, row->second);
      if (is_due(*loaded->index, keeping_)) keeper_.look_at(row->second.number, false);
    };
    if (loaded == nullptr || loaded->row.fields != row->second.fields ||
        loaded->row.index_tag != row->second.index_tag) {
      load();
    } else if (loaded->data_version != version && !catch_up(reader_, *loaded, &index_mutex_)) {
      load();
    }
    loaded->data_version = version;
    return loaded;
  }

  // The points that pass; nothing where every one does. Requires index_mutex_, shared.
  std::optional<Bitmap> passing(const LoadedCollection& loaded, const PayloadFilter& filter) const {
    if (filter.empty()) return std::nullopt;
    const CollectionIndex& index = *loaded.index;
    const auto undecided = [&](const Condition& condition) {
      Bitmap met(index.size());
      if (condition.kind == Condition::Kind::kHasId) {
        for (const PointId& id : condition.ids) {
          std::lock_guard reading(lookup_mutex_);
          const auto point = lookup().point(loaded.row.number, id, false);
          const auto slot = point ? index.slot_of(point->number) : std::nullopt;
          if (slot) met.set(*slot);
        }
        return met;
      }
      // No index on the field: every payload is read.
      const std::set<std::string> words = text_fields(loaded.row.fields);
      std::lock_guard reading(lookup_mutex_);
      for (size_t slot = 0; slot < index.size(); ++slot) {
        const auto point = lookup().point(index.number_of(slot), false);
        if (point && holds(condition, point->id, payload_of(point->payload), words)) met.set(slot);
      }
      return met;
    };
    return index.passing(filter, undecided);
  }

  // Ids and numbers of the points that pass, by id.
  std::vector<std::pair<PointId, int64_t>> numbers(std::string_view name, const PointId& from,
                                                   size_t limit,
                                                   const PayloadFilter& filter) const {
    std::vector<std::pair<PointId, int64_t>> page;
    if (limit == 0) return page;
    if (filter.empty()) {
      std::lock_guard reading(reader_mutex_);
      const CollectionRow row = existing(reader_, name);
      reader_.ids_from(row.number, from, [&](int64_t number, const PointId& id) {
        page.emplace_back(id, number);
        return page.size() < limit;
      });
      return page;
    }
    const std::shared_ptr<const LoadedCollection> loaded = current(name);
    std::shared_lock searching(index_mutex_);
    const CollectionIndex& index = *loaded->index;
    const Bitmap only = *passing(*loaded, filter);
    std::lock_guard reading(lookup_mutex_);
    if (only.count() <= kFewPoints) {
      for (const uint32_t slot : only.slots()) {
        const auto point = lookup().point(index.number_of(slot), false);
        if (point && point->id >= from) page.emplace_back(point->id, point->number);
      }
      std::sort(page.begin(), page.end());
      if (page.size() > limit) page.resize(limit);
      return page;
    }
    lookup().ids_from(loaded->row.number, from, [&](int64_t number, const PointId& id) {
      const std::optional<size_t> slot = index.slot_of(number);
      if (slot && only.test(*slot)) page.emplace_back(id, number);
      return page.size() < limit;
    });
    return page;
  }

  // False where one of the points was removed since it was found: search again.
  bool read_all(const std::vector<std::pair<float, int64_t>>& found, Distance distance,
                PointParts parts, std::vector<CollectionPoint>& points) const {
    std::lock_guard reading(reader_mutex_);
    for (const auto& [score, number] : found) {
      std::optional<PointDatabase::Point> point = reader_.point(number, parts.vector);
      if (!point) return false;
      points.push_back(public_point(std::move(*point), parts));
      points.back().score = distance == Distance::kEuclid ? std::sqrt(-score) : score;
    }
    return true;
  }

  // The reader, for those who hold index_mutex_: whoever holds reader_mutex_ may be waiting for it.
  PointDatabase& lookup() const {
    if (lookup_ == nullptr) {
      lookup_ = std::make_unique<PointDatabase>(reader_.path());
    }
    return *lookup_;
  }

  Context& context_;
  const DotKernels& kernels_;
  CollectionIndex::SearchOptions search_options_;

  // Locked in this order: writer, reader, index, lookup.
  std::mutex writer_mutex_;
  PointDatabase writer_;
  std::map<int64_t, size_t> since_looked_;  // changes since the keeper was last told
  mutable std::mutex reader_mutex_;
  mutable PointDatabase reader_;
  mutable int64_t rows_version_ = -1;
  mutable std::map<std::string, CollectionRow, std::less<>> rows_;       // by name and alias
  mutable std::map<int64_t, std::shared_ptr<LoadedCollection>> loaded_;  // by number
  mutable std::shared_mutex index_mutex_;  // of what is in the indices
  mutable std::mutex lookup_mutex_;
  mutable std::unique_ptr<PointDatabase> lookup_;
  mutable IndexKeeper keeper_;
  IndexKeeping keeping_;
};

}  // namespace

std::unique_ptr<VectorCollections> open_vector_collections(Context& context,
                                                           const std::filesystem::path& path,
                                                           VectorCollectionsOptions options) {
  return std::make_unique<SqliteVectorCollections>(context, path, options);
}

}  // namespace twin
