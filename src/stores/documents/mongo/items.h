#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stores/documents/document_store.h"
#include "stores/documents/mongo/documents.h"

namespace twin::mongo {

// The items. One that belongs to a put of a document is written before the document and counts once
// that version of the document is there: both are seen at once. Thread-safe.
class Items {
 public:
  Items(Connection& connection, const Documents& documents)
      : connection_(connection), documents_(documents) {}

  void put(const Item& item);
  // Counts once the document is that version, written under that token, or a later one. Until then
  // `before` counts, what find() said of the source.
  void put_with(const Item& item, int version, const std::string& write,
                const std::optional<Item>& before);

  std::optional<Item> find(std::string_view source) const;
  std::vector<Item> list() const;  // by source

 private:
  Connection& connection_;
  const Documents& documents_;
};

}  // namespace twin::mongo
