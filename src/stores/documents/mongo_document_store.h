#pragma once

#include <memory>
#include <string>

#include "base/context.h"
#include "stores/documents/document_store.h"
#include "stores/documents/mongo/connection_options.h"

namespace twin {

struct MongoStoreOptions {
  mongo::ConnectionOptions connection;
  // SQLite file of this machine that the chunks are found by (passage_index.h); empty: in memory.
  std::string index;
};

// The document store in a database of MongoDB 4.2 or newer (FerretDB too): the reference system's
// collections with our fields beside its own, and what only we know in twin_* collections
// (docs/stores/mongodb.md). Documents that the reference system wrote are read as a warehouse
// import reads them; nothing is written before the first put. `context` outlives the store. Errors:
// also those of mongo::Connection. A call that failed for want of a connection may have happened;
// the same call again finds out.
std::unique_ptr<DocumentStore> open_mongo_document_store(const Context& context,
                                                         const MongoStoreOptions& options);

}  // namespace twin
