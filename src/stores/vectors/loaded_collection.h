#pragma once

#include <filesystem>
#include <memory>
#include <shared_mutex>

#include "stores/vectors/collection_index.h"
#include "stores/vectors/point_database.h"

namespace twin::vectors {

// Where the files of the indices of a database lie, and what they are called.
std::filesystem::path index_folder(const std::filesystem::path& database);
std::filesystem::path index_file(const std::filesystem::path& database,
                                 const CollectionRow& collection);

// A collection's index and how far it has followed the database.
struct LoadedCollection {
  CollectionRow row;
  std::unique_ptr<CollectionIndex> index;
  ChangePosition position;
  int64_t data_version = -1;  // of the reader that followed, when it did
};

// From the index file where there is one, and the database for what came after.
std::shared_ptr<LoadedCollection> load_collection(PointDatabase& database,
                                                  const CollectionRow& row);

// Takes in what came after; `mutex`, where given, is held while the index changes. False: too much
// was forgotten since, load the collection anew. Errors: kBadInput for a point that is damaged.
bool catch_up(PointDatabase& database, LoadedCollection& loaded, std::shared_mutex* mutex);

}  // namespace twin::vectors
