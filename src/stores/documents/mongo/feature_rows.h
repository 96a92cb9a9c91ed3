#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "stores/documents/mongo/connection.h"
#include "stores/documents/mongo/stored_features.h"

namespace twin::mongo {

// Which features of a document count: a row of twin_features, small, and changed by one write.
struct FeatureMark {
  std::string write;  // _id of the features in twin_chunks
  int version = 0;
  std::string key;
};

// The features. A new set lies beside the old one until the document's row names it. Thread-safe.
class FeatureRows {
 public:
  explicit FeatureRows(Connection& connection) : connection_(connection) {}

  void put(const StoredFeatures& features);
  std::optional<StoredFeatures> find(std::string_view document_id) const;
  // As DocumentStore::features_without_chunks(): two questions for all of them.
  std::vector<std::optional<Features>> find_without_chunks(
      const std::vector<std::string>& document_ids) const;
  std::map<std::string, FeatureMark> marks() const;  // by document id
  // Removes sets that no row names and that are older than a day: of writers that were killed.
  void sweep(int64_t now_milliseconds);

 private:
  Connection& connection_;
};

}  // namespace twin::mongo
