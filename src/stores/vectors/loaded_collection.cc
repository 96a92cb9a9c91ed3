#include "stores/vectors/loaded_collection.h"

#include <fmt/format.h>

#include <cstring>
#include <mutex>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json.h"

namespace twin::vectors {

namespace fs = std::filesystem;

fs::path index_folder(const fs::path& database) { return database.string() + "-index"; }

fs::path index_file(const fs::path& database, const CollectionRow& collection) {
  return index_folder(database) / fmt::format("{}-{}", collection.number, collection.index_tag);
}

std::shared_ptr<LoadedCollection> load_collection(PointDatabase& database,
                                                  const CollectionRow& row) {
  auto loaded = std::make_shared<LoadedCollection>();
  loaded->row = row;
  std::unique_ptr<Segment> segment;
  if (!row.index_tag.empty()) segment = Segment::open(index_file(database.path(), row), row);
  if (segment != nullptr) {
    loaded->position = segment->position();
    loaded->index = std::make_unique<CollectionIndex>(row, std::move(segment));
    if (catch_up(database, *loaded, nullptr)) return loaded;
    loaded->position = {};
  }
  loaded->index = std::make_unique<CollectionIndex>(row.dimensions, row.distance, row.fields);
  TWIN_CHECK(catch_up(database, *loaded, nullptr));
  return loaded;
}

bool catch_up(PointDatabase& database, LoadedCollection& loaded, std::shared_mutex* mutex) {
  std::unique_lock<std::shared_mutex> changing;
  const auto change = [&] {
    if (mutex != nullptr && !changing.owns_lock()) changing = std::unique_lock(*mutex);
  };
  std::vector<float> vector(loaded.row.dimensions);
  const std::optional<ChangePosition> reached = database.changes(
      loaded.row.number, loaded.position,
      [&](int64_t number, std::string_view payload, std::string_view bytes) {
        if (bytes.size() != vector.size() * sizeof(float)) {
          throw Error(ErrorCode::kBadInput,
                      fmt::format("{}: point {} of '{}' has a vector of {} bytes; expected {}",
                                  database.path(), number, loaded.row.name, bytes.size(),
                                  vector.size() * sizeof(float)));
        }
        if (!bytes.empty()) std::memcpy(vector.data(), bytes.data(), bytes.size());
        const Json json = parse_json(payload, database.path());
        change();
        loaded.index->append(number, vector, json);
        loaded.position.point = number;
      },
      [&](int64_t number) {
        change();
        loaded.index->remove(number);
      });
  if (reached) loaded.position = *reached;
  return reached.has_value();
}

}  // namespace twin::vectors
