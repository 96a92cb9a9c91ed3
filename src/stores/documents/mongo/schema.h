#pragma once

#include "domain/document.h"
#include "stores/documents/mongo/connection.h"

// The collections (docs/stores/mongodb.md) and who wrote them.
namespace twin::mongo {

inline constexpr const char* kUsers = "users";
inline constexpr const char* kVersions = "twin_versions";  // documents before their newest version
inline constexpr const char* kItems = "twin_items";
inline constexpr const char* kFeatures = "twin_features";  // which features count
inline constexpr const char* kChunks = "twin_chunks";      // the features
inline constexpr const char* kState = "twin_state";

inline constexpr Category kCategories[] = {Category::kArticles, Category::kPosts,
                                           Category::kRepositories};

// The reference's collection of a category.
inline const char* collection_of(Category category) { return name_of(category).data(); }

// Refuses a database of a newer twin (kBadInput). Writes nothing.
void check_schema(const Connection& connection);

// Makes indexes and the row that names the store, once.
void prepare_for_writing(Connection& connection);

// Names the store: another one has another. Empty: nothing was ever written by us.
std::string store_identity(const Connection& connection);

// A token that is another one after each change of features that is done.
std::string last_change(const Connection& connection);
void note_change(Connection& connection);

}  // namespace twin::mongo
