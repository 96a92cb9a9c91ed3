#pragma once

#include <cstdlib>
#include <memory>
#include <string>

#include "base/context.h"
#include "base/files.h"
#include "stores/documents/mongo/bson.h"
#include "stores/documents/mongo/connection.h"
#include "stores/documents/mongo_document_store.h"

namespace twin {

// The server that tests use: TWIN_TEST_MONGODB_URI, "mongodb://127.0.0.1:27017" (no database).
inline bool has_test_mongodb() { return std::getenv("TWIN_TEST_MONGODB_URI") != nullptr; }

inline Context& mongodb_test_context() {
  static QuietContext context;
  return context;
}

// One database for each path: made when it is first opened, named in a file beside.
inline MongoStoreOptions test_mongodb(const std::string& path) {
  const std::string name_file = path + ".database";
  if (!std::filesystem::exists(name_file)) {
    write_file_atomic(name_file, "twin_test_" + mongo::new_token());
  }
  MongoStoreOptions options;
  options.connection.uri =
      std::string(std::getenv("TWIN_TEST_MONGODB_URI")) + '/' + read_file(name_file);
  options.index = path;
  return options;
}

inline std::unique_ptr<DocumentStore> open_test_mongodb(const std::string& path) {
  return open_mongo_document_store(mongodb_test_context(), test_mongodb(path));
}

inline void forget_test_mongodb(const std::string& path) {
  mongo::Connection(mongodb_test_context(), test_mongodb(path).connection).drop_database();
}

}  // namespace twin
