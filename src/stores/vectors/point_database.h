#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stores/documents/sqlite.h"
#include "stores/vectors/distance.h"
#include "stores/vectors/point_id.h"

namespace twin::vectors {

// A collection as the database has it.
struct CollectionRow {
  int64_t number = 0;  // given once, never again
  std::string name;
  size_t dimensions = 0;  // 0: points without vectors
  Distance distance = Distance::kCosine;
  std::map<std::string, std::string> fields;  // indexed ones with their schema
  std::string settings;                       // JSON that its maker wants back
  int64_t pruned = 0;     // removals up to this sequence number are no longer listed
  std::string index_tag;  // names the file of its index; empty: there is none
};

// Where a reader of a collection's changes has got to.
struct ChangePosition {
  int64_t point = 0;    // the last point's number
  int64_t removal = 0;  // the last removal's sequence number
};

// One connection to the database of points: the truth that every index is made from. A point never
// changes: replacing one adds a row with a new number and lists the old number as removed, so that
// whoever knows a position catches up by reading what came after it. The format is in
// docs/stores/vectors.md. Not thread-safe. Errors: as DocumentStore.
class PointDatabase {
 public:
  // Opens or creates the file (SQLite, WAL).
  explicit PointDatabase(const std::string& path);

  // Changes whenever another connection has committed.
  int64_t data_version();

  std::vector<CollectionRow> collections();
  std::map<std::string, std::string> aliases();  // alias -> collection
  void create_collection(const CollectionRow& row);
  void drop_collection(int64_t number);
  void set_fields(int64_t number, const std::map<std::string, std::string>& fields);
  // Names the file of the index, which is as of `position`: removals up to there are forgotten.
  void set_index(int64_t number, const std::string& tag, ChangePosition position);
  void set_alias(const std::string& alias, int64_t collection);
  void drop_alias(const std::string& alias);

  // Within a transaction of the caller's.
  void put(int64_t collection, const PointId& id, std::string_view payload,
           std::string_view vector);
  bool remove(int64_t collection, const PointId& id);
  sqlite::Transaction begin() { return sqlite::Transaction(database_); }

  // Calls back with each point (number, payload, vector bytes) and removal after the position, all
  // of one moment, points first and ascending. Returns the position reached, or nothing where
  // removals after `from` were pruned: start over from the beginning.
  std::optional<ChangePosition> changes(
      int64_t collection, ChangePosition from,
      const std::function<void(int64_t number, std::string_view payload, std::string_view vector)>&
          on_point,
      const std::function<void(int64_t number)>& on_removal);

  struct Point {
    int64_t number = 0;
    PointId id;
    std::string payload;
    std::string vector;  // bytes
  };
  std::optional<Point> point(int64_t number, bool with_vector);
  std::optional<Point> point(int64_t collection, const PointId& id, bool with_vector);
  // Numbers and ids from `from` on, by id; until `next` returns false.
  void ids_from(int64_t collection, const PointId& from,
                const std::function<bool(int64_t number, const PointId& id)>& next);
  size_t count(int64_t collection);

  const std::string& path() const { return path_; }

 private:
  std::string path_;
  sqlite::Database database_;
};

}  // namespace twin::vectors
