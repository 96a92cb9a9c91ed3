#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "domain/document.h"
#include "domain/passage_filter.h"

namespace twin {

class HttpClient;
class VectorCollections;
struct QdrantOptions;

// One chunk's vector, with what searches filter by.
struct VectorPoint {
  std::string id;  // "<document id>:<ordinal>", the chunk's id
  std::string document_id;
  int version = 0;  // of the document
  size_t ordinal = 0;
  std::string author_id;
  std::string platform;
  Category category = Category::kArticles;
  std::string date;  // ISO 8601, empty if unknown
  std::vector<std::string> tags;
  std::string content_hash;   // of the text embedded and the embedder's identity: equal hash, equal
                              // vector
  std::vector<float> vector;  // of unit length; empty where it was not asked for
};

using VectorFilter = PassageFilter;

struct VectorHit {
  std::string id;
  float score = 0;  // cosine
};

// Document id -> chunk id -> content_hash of its point.
using DocumentHashes = std::map<std::string, std::map<std::string, std::string>>;

// The vector store: the chunks' vectors, and which are near a query. It belongs to one embedder:
// vectors of two are never compared.
//
// A write is atomic and durable when it returns, and the next search sees it, in every process that
// has the store open. Reads write nothing. Thread-safe. Errors: kFailed for an unusable or locked
// store, kBadInput for a damaged one, kRemote for a service that failed.
class VectorStore {
 public:
  virtual ~VectorStore() = default;

  // Inserts, or replaces by id. Requires vectors of the store's dimensions.
  virtual void upsert(std::span<const VectorPoint> points) = 0;
  // All points of the document; none is no error.
  virtual void remove_document(std::string_view document_id) = 0;

  // The k nearest points that pass the filter, best first; equal scores by id.
  // Requires query.size() == dimensions.
  virtual std::vector<VectorHit> search(std::span<const float> query, size_t k,
                                        const VectorFilter& filter = {}) const = 0;

  // Up to `limit` points after the one with id `after` (empty: from the start), in the order of
  // uuid_from_name(id), which is the same in every back end.
  virtual std::vector<VectorPoint> scroll(std::string_view after, size_t limit,
                                          const VectorFilter& filter = {},
                                          bool with_vectors = false) const = 0;
  virtual size_t count(const VectorFilter& filter = {}) const = 0;
  // Of documents that have points: what need not be embedded again.
  virtual DocumentHashes hashes_of(std::span<const std::string> document_ids) const = 0;
};

// What a store may do to the collections it finds.
enum class VectorAccess {
  kRead,    // nothing: one that is missing counts as empty, until it is there
  kWrite,   // make those that are missing
  kReplace  // and drop another embedder's vectors first
};

struct VectorStoreOptions {
  size_t dimensions = 0;
  std::string embedder;  // its identity: name, revision, precision, whatever changes its vectors
  VectorAccess access = VectorAccess::kWrite;
  std::string isa = {};  // TWIN_FORCE_ISA, where the store opens collections of its own
};

// The store over the collections of a workspace: embedded_articles, embedded_posts and
// embedded_repositories. `collections` outlives it. Errors: kUsage where the collections hold
// another embedder's vectors, which must be made again, or points that twin did not write.
std::unique_ptr<VectorStore> open_embedded_vector_store(VectorCollections& collections,
                                                        const VectorStoreOptions& options);

// The same over collections of its own, opened from the database file `path` (made where missing).
// `context` outlives it.
std::unique_ptr<VectorStore> open_embedded_vector_store(Context& context,
                                                        const std::filesystem::path& path,
                                                        const VectorStoreOptions& options);

// The store in a Qdrant server (1.10 or newer) over its REST API, or in whatever speaks it, a
// twin's own service among them: the same collections, with indexes on what filters ask for.
// Requests are sent again where the connection broke, the server was busy (429, Retry-After) or
// failed (5xx): each may happen twice without harm. A batch is atomic as far as the server's are; a
// document's points are in one collection. Scores and the order of equal ones are the server's.
// Context and client outlive the store. Errors: as above; kUsage for a key that is refused; kRemote
// else.
std::unique_ptr<VectorStore> make_qdrant_vector_store(const Context& context, HttpClient& client,
                                                      const QdrantOptions& server,
                                                      const VectorStoreOptions& options);

}  // namespace twin
