#include "stores/documents/mongo/schema.h"

#include <fmt/format.h>

#include "base/error.h"

namespace twin::mongo {
namespace {

constexpr int64_t kSchema = 1;
constexpr const char* kStore = "store";
constexpr const char* kFeatureChanges = "features";

}  // namespace

void check_schema(const Connection& connection) {
  const auto store = connection.find_id(kState, kStore);
  if (!store) return;
  const int64_t schema = store->view().integer("schema", kSchema);
  if (schema > kSchema) {
    throw Error(ErrorCode::kBadInput,
                fmt::format("{}: made by a newer twin (schema {}, this one knows {}); update twin",
                            connection.name(), schema, kSchema));
  }
}

void prepare_for_writing(Connection& connection) {
  if (!connection.find_id(kState, kStore)) {
    Bson store;
    store.text("_id", kStore).integer("schema", kSchema).text("identity", new_token());
    connection.insert(kState, store);
  }
  for (const Category category : kCategories) {
    connection.create_index(collection_of(category), "twin_by_author", {"author_id", "link"});
    connection.create_index(collection_of(category), "twin_by_platform", {"platform"});
  }
  connection.create_index(kFeatures, "twin_by_write", {"_id", "write"});
}

std::string store_identity(const Connection& connection) {
  const auto store = connection.find_id(kState, kStore);
  return store ? store->view().text("identity") : std::string();
}

std::string last_change(const Connection& connection) {
  const auto row = connection.find_id(kState, kFeatureChanges);
  return row ? row->view().text("change") : std::string();
}

void note_change(Connection& connection) {
  connection.put(kState, std::move(by_id(kFeatureChanges).text("change", new_token())));
}

}  // namespace twin::mongo
