#pragma once

#include "domain/passage_filter.h"
#include "stores/documents/document_store.h"
#include "stores/documents/mongo/bson.h"

// How what was made of a document lies in MongoDB (docs/stores/mongodb.md).
namespace twin::mongo {

// Features with what a search needs to know of the version they were made of.
struct StoredFeatures {
  Features features;
  DocumentSummary document;
  std::vector<std::string> tags;
};

// All of it, as one document of any size.
Bson stored_form(const StoredFeatures& stored);
// Errors: kBadInput where it is none.
StoredFeatures read_features(BsonView stored);

}  // namespace twin::mongo
