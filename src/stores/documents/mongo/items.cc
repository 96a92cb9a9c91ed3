#include "stores/documents/mongo/items.h"

#include <algorithm>

#include "stores/documents/mongo/schema.h"

namespace twin::mongo {
namespace {

Bson stored_form(const Item& item) {
  Bson bson;
  bson.text("_id", item.source).text("state", item.state).text("reason", item.reason);
  bson.text("document_id", item.document_id).text("time", item.time);
  bson.text("etag", item.etag).text("last_modified", item.last_modified);
  bson.text("kind", item.kind).text("author_id", item.author_id);
  return bson;
}

Item read_item(BsonView stored, const std::string& source) {
  Item item;
  item.source = source;
  item.state = stored.text("state");
  item.reason = stored.text("reason");
  item.document_id = stored.text("document_id");
  item.time = stored.text("time");
  item.etag = stored.text("etag");
  item.last_modified = stored.text("last_modified");
  item.kind = stored.text("kind");
  item.author_id = stored.text("author_id");
  return item;
}

// What a row says, given the document's marks (null: no such document).
std::optional<Item> resolve(BsonView stored, const StoredMarks* document) {
  const std::string source = stored.text("_id");
  const BsonView with = stored.child("with");
  const int64_t version = with.integer("version");
  const bool counts = !stored.has("with") ||
                      (document != nullptr &&
                       (document->version > version ||
                        (document->version == version && document->write == with.view("write"))));
  if (counts) return read_item(stored, source);
  if (stored.has("before")) return read_item(stored.child("before"), source);
  return std::nullopt;
}

}  // namespace

void Items::put(const Item& item) { connection_.put(kItems, stored_form(item)); }

void Items::put_with(const Item& item, int version, const std::string& write,
                     const std::optional<Item>& before) {
  Bson row = stored_form(item);
  row.document("with", std::move(Bson().integer("version", version).text("write", write)));
  if (before) row.document("before", stored_form(*before));
  connection_.put(kItems, row);
}

std::optional<Item> Items::find(std::string_view source) const {
  const auto stored = connection_.find_id(kItems, source);
  if (!stored) return std::nullopt;
  if (!stored->view().has("with")) return resolve(stored->view(), nullptr);
  const auto document = documents_.newest(stored->view().view("document_id"));
  return resolve(stored->view(), document ? &document->marks : nullptr);
}

std::vector<Item> Items::list() const {
  std::vector<Item> items;
  const std::vector<Bson> rows = connection_.find(kItems, {});
  // Read behind the rows: a document that came meanwhile makes its item count.
  const std::map<std::string, StoredMarks> documents = documents_.marks();
  for (const Bson& row : rows) {
    const auto found = documents.find(row.view().text("document_id"));
    std::optional<Item> item =
        resolve(row.view(), found == documents.end() ? nullptr : &found->second);
    if (item) items.push_back(std::move(*item));
  }
  std::sort(items.begin(), items.end(),
            [](const Item& a, const Item& b) { return a.source < b.source; });
  return items;
}

}  // namespace twin::mongo
