#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/author.h"
#include "domain/chunk.h"
#include "domain/document.h"
#include "domain/passage_filter.h"

namespace twin {

// What became of one link, file or archive member that collection was given.
struct Item {
  std::string source;  // URL or path: the item's identity
  // "new", "unchanged", "new version", "skipped", "failed"; of links also "listed", "waiting"
  std::string state;
  std::string reason;  // for people: "200 MB, more than the limit of 50 MB", empty when all is well
  std::string document_id;  // empty where none was stored
  std::string time;         // ISO 8601, when it was last looked at
  // Of the last answer of an HTTP server, to ask it for changes alone.
  std::string etag = {}, last_modified = {};
  // Of a link of the web: what stands behind it ("page", "feed", ...) and whom it was followed for.
  std::string kind = {}, author_id = {};
};

enum class PutResult { kNew, kUnchanged, kNewVersion };

struct DocumentFilter {
  std::optional<std::string> author_id;
  std::optional<Category> category;
};

// A document's facts without its bytes, for lists.
struct DocumentSummary {
  std::string id;
  int version = 0;
  Category category = Category::kArticles;
  std::string author_id, author_full_name, platform, link, title, date, content_hash;
  size_t raw_bytes = 0;
  size_t verbatim_bytes = 0;
  std::string features_key;  // of the features stored for this version, empty if none
};

// What the feature pipeline made of one version of one document.
struct Features {
  std::string key;  // hash of all they were made from: equal key, equal features
  CleanDocument clean;
  std::vector<Chunk> chunks;
  std::string facts = {};  // what the feature pipeline remembers of the document: its own bytes
};

struct ChunkQuery {
  std::vector<std::string> terms = {};  // words, not query syntax; any of them may match
  size_t k = 10;
  PassageFilter filter = {};
};

// The document store: what was collected, what was made of it, and what can be found in it.
// Everything a pipeline remembers is here; nothing above knows which back end it is.
//
// Every call is atomic and durable when it returns: after a crash it has happened or it has not.
// Lists are in a fixed order (documents by author id, link, then id; chunks by document and
// ordinal). Errors: kFailed for an unusable or locked store, kBadInput for one that another program
// damaged or a newer version of this one wrote. Thread-safe. Several processes may use one store at
// a time.
class DocumentStore {
 public:
  virtual ~DocumentStore() = default;

  // Authors: inserted, or replaced by id.
  virtual void put_author(const Author& author) = 0;
  virtual std::vector<Author> authors() const = 0;  // by id
  // By full name, ignoring ASCII case.
  virtual std::optional<Author> find_author(std::string_view full_name) const = 0;

  // Stores the document as a new version of `document.id` unless its newest version has the same
  // content_hash and metadata. Records `item` in the same transaction, with the state and document
  // id filled in. Requires content_hash == sha256(raw).
  virtual PutResult put_document(const RawDocument& document, Item item) = 0;
  // The newest version, or the one asked for.
  virtual std::optional<RawDocument> document(std::string_view id,
                                              std::optional<int> version = {}) const = 0;
  // All versions' numbers, ascending; empty if there is no such document.
  virtual std::vector<int> versions(std::string_view id) const = 0;
  // The newest version of each.
  virtual std::vector<DocumentSummary> documents(const DocumentFilter& filter = {}) const = 0;

  // Of the newest versions, in order, each once. Cheap: asked for with every search.
  virtual std::vector<std::string> platforms() const = 0;

  virtual void put_item(const Item& item) = 0;
  virtual std::vector<Item> items() const = 0;  // by source
  virtual std::optional<Item> item(std::string_view source) const = 0;

  // Replaces the features of `features.clean.document_id` and makes its chunks searchable.
  virtual void put_features(const Features& features) = 0;
  virtual std::optional<Features> features(std::string_view document_id) const = 0;
  // For each id its features without their chunks, as far as there are any. Cheap: asked for of
  // some hundred documents at a time by what goes through all of them.
  virtual std::vector<std::optional<Features>> features_without_chunks(
      const std::vector<std::string>& document_ids) const = 0;

  // BM25 over title, heading path and text of all chunks, best first; ties by chunk id.
  virtual std::vector<Passage> search_chunks(const ChunkQuery& query) const = 0;
  // The chunk of that id; its score is 0. None where the document's features no longer have it.
  virtual std::optional<Passage> passage(std::string_view chunk_id) const = 0;
  virtual size_t chunk_count() const = 0;
};

// Opens or creates the embedded store (SQLite: WAL, foreign keys, FTS5) and migrates it to the
// current schema.
std::unique_ptr<DocumentStore> open_sqlite_document_store(const std::string& path);

}  // namespace twin
