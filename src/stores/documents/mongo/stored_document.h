#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/document.h"
#include "stores/documents/document_store.h"
#include "stores/documents/mongo/bson.h"
#include "stores/documents/mongo/bson_json.h"

// How one document lies in MongoDB (docs/stores/mongodb.md): the reference system's fields, and
// ours in `twin`.
namespace twin::mongo {

// Bytes of more than this are kept in pieces elsewhere (large_bytes.h): a BSON document has 16 MB.
constexpr size_t kMostInlineBytes = size_t{3} << 20;

// What `twin` says of the writing of a document, besides the document.
struct StoredMarks {
  int version = 1;
  std::string write;        // token of the put that wrote it; empty: another program's document
  std::string moved_to;     // collection: this one counts no longer
  std::string moving_from;  // collection: counts once the one there does not
};

// Those of the document's bytes that are to be kept in pieces, before it is written.
std::vector<std::string_view> large_parts(const RawDocument& document);

// The document as it is written.
Bson stored_form(const RawDocument& document, const StoredMarks& marks, FieldNames names);

StoredMarks read_marks(BsonView stored);

// The bytes of that SHA-256, out of their pieces.
using FetchLarge = std::function<std::string(const std::string& hash)>;

// The document; one without `twin` is read as another program's, as the import of a warehouse reads
// it. Errors: kBadInput naming it where it is no document, or changed after it was written.
RawDocument read_stored(Category category, BsonView stored, const FetchLarge& fetch);

// A summary needs no more of a document than this leaves.
Bson summary_projection();
// Requires one of ours. Without features_key.
DocumentSummary read_summary(Category category, BsonView stored);

}  // namespace twin::mongo
