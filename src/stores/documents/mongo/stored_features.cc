#include "stores/documents/mongo/stored_features.h"

#include <fmt/format.h>

#include "stores/documents/packed_fields.h"

namespace twin::mongo {
namespace {

Bson stored_chunk(const Chunk& chunk) {
  Bson bson;
  bson.integer("ordinal", static_cast<int64_t>(chunk.ordinal));
  bson.integer("begin", static_cast<int64_t>(chunk.range.begin));
  bson.integer("end", static_cast<int64_t>(chunk.range.end));
  bson.text("title", chunk.title).list("heading_path", chunk.heading_path);
  bson.integer("tokens", static_cast<int64_t>(chunk.tokens)).boolean("own_prose", chunk.own_prose);
  bson.text("text", chunk.text);
  return bson;
}

Chunk read_chunk(BsonView stored, const std::string& document_id, int version) {
  Chunk chunk;
  chunk.document_id = document_id;
  chunk.version = version;
  chunk.ordinal = static_cast<size_t>(stored.integer("ordinal"));
  chunk.id = fmt::format("{}:{}", document_id, chunk.ordinal);
  chunk.range = {static_cast<size_t>(stored.integer("begin")),
                 static_cast<size_t>(stored.integer("end"))};
  chunk.title = stored.text("title");
  chunk.heading_path = stored.texts("heading_path");
  chunk.tokens = static_cast<size_t>(stored.integer("tokens"));
  chunk.own_prose = stored.boolean("own_prose", true);
  chunk.text = stored.text("text");
  return chunk;
}

}  // namespace

Bson stored_form(const StoredFeatures& stored) {
  const Features& features = stored.features;
  const DocumentSummary& document = stored.document;
  Bson bson;
  bson.text("document_id", features.clean.document_id);
  bson.integer("version", features.clean.version).text("key", features.key);
  bson.text("spans", pack_spans(features.clean.spans));
  bson.text("private_spans", pack_private_spans(features.clean.private_spans));
  bson.text("duplicate_of", features.clean.duplicate_of).bytes("facts", features.facts);
  Bson of;
  of.text("category", name_of(document.category)).text("author_id", document.author_id);
  of.text("author_full_name", document.author_full_name).text("platform", document.platform);
  of.text("link", document.link).text("date", document.date).list("tags", stored.tags);
  bson.document("document", of);
  std::vector<Bson> chunks;
  for (const Chunk& chunk : features.chunks) chunks.push_back(stored_chunk(chunk));
  bson.list("chunks", chunks);
  return bson;
}

StoredFeatures read_features(BsonView bson) {
  StoredFeatures stored;
  Features& features = stored.features;
  features.key = bson.text("key");
  features.clean.document_id = bson.text("document_id");
  features.clean.version = static_cast<int>(bson.integer("version", 1));
  features.clean.spans = unpack_spans(bson.view("spans"));
  features.clean.private_spans = unpack_private_spans(bson.view("private_spans"));
  features.clean.duplicate_of = bson.text("duplicate_of");
  features.facts = bson.text("facts");
  for (const BsonView& chunk : bson.children("chunks")) {
    features.chunks.push_back(
        read_chunk(chunk, features.clean.document_id, features.clean.version));
  }
  const BsonView of = bson.child("document");
  DocumentSummary& document = stored.document;
  document.id = features.clean.document_id;
  document.version = features.clean.version;
  document.category = category_from_name(of.view("category"));
  document.author_id = of.text("author_id");
  document.author_full_name = of.text("author_full_name");
  document.platform = of.text("platform");
  document.link = of.text("link");
  document.date = of.text("date");
  stored.tags = of.texts("tags");
  return stored;
}

}  // namespace twin::mongo
