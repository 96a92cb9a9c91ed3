#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "stores/documents/document_store.h"
#include "stores/documents/sqlite.h"

namespace twin {

// Of a document's features, what the index keeps.
struct IndexedFeatures {
  Features features;
  DocumentSummary document;  // the version they were made of
  std::vector<std::string> tags;
};

// The chunks of a store that cannot rank by BM25 itself, once more in a SQLite file of this machine
// (the schema of twin.db, without the documents' bytes). Made of the store and brought up to it;
// may be deleted at any time. Thread-safe; several processes may use one file.
class PassageIndex {
 public:
  // Opens or makes it; one that is damaged, or of another schema, is made anew. An empty path: in
  // memory. Errors: kFailed where
  // the file cannot be written.
  explicit PassageIndex(const std::string& path);

  // The features of a document as the store has them now; null where it no longer has them.
  using Fetch = std::function<std::optional<IndexedFeatures>(const std::string& document_id)>;

  // Brings the index up to the store `identity` (another one's chunks are dropped), in which the
  // features of documents have these tags: by document id. Fetches those whose tag is new.
  void bring_up(const std::string& identity, const std::map<std::string, std::string>& tags,
                const Fetch& fetch);

  std::vector<Passage> search(const ChunkQuery& query);
  std::optional<Passage> passage(std::string_view chunk_id);
  size_t chunk_count();

 private:
  void remove(const std::string& document_id);
  void insert(const IndexedFeatures& indexed, const std::string& tag);

  std::mutex mutex_;
  std::unique_ptr<sqlite::Database> database_;
};

}  // namespace twin
