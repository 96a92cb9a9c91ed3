#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "domain/document.h"
#include "stores/documents/document_store.h"
#include "stores/documents/mongo/connection.h"
#include "stores/documents/mongo/stored_document.h"

namespace twin::mongo {

// The newest version of a document as it was found.
struct Found {
  Category category;  // whose collection it is in
  Bson stored;
  StoredMarks marks;
};

enum class Advance {
  kDone,
  kClaimed,  // another writer has begun to make the next version
  kMovedOn,  // the version before is no longer the newest
};

// The reference's collections: the newest version of each document, and those before in
// twin_versions. A document becomes its next version by one write of one document. Thread-safe.
class Documents {
 public:
  Documents(const Context& context, Connection& connection)
      : context_(context), connection_(connection) {}

  std::optional<Found> newest(std::string_view id) const;
  // Whether it is in the collection of another category than that.
  bool is_elsewhere(Category category, std::string_view id) const;
  RawDocument read(const Found& found) const;
  std::optional<RawDocument> version(std::string_view id, int version) const;

  // Makes `document` the version after `before` (none: the first), written under the token `write`.
  // Two writers cannot both: the first claims it by storing the older version (an insert, since
  // FerretDB compares and writes in two steps); `take_over` from one that was killed at it.
  Advance advance(const std::optional<Found>& before, const RawDocument& document, int version,
                  const std::string& write, bool take_over);

  // Of the newest versions that can be read, without features_key, in the order of the store's
  // lists. One that another program wrote and that is no document is left out, with a warning.
  std::vector<DocumentSummary> list(const DocumentFilter& filter) const;
  // Marks of the newest version of each, by id.
  std::map<std::string, StoredMarks> marks() const;

 private:
  std::optional<Found> find(Category category, std::string_view id) const;
  // Whether a document that is being moved here counts already.
  bool counts(const StoredMarks& marks, std::string_view id) const;
  bool move(const Found& before, const Bson& document, std::string_view id, Category category);
  void list_category(Category category, const DocumentFilter& filter,
                     std::vector<DocumentSummary>& documents) const;

  const Context& context_;
  Connection& connection_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, Category, std::less<>> seen_in_;  // where to look first
};

}  // namespace twin::mongo
