#include <fmt/format.h>

#include <mutex>

#include "base/error.h"
#include "base/hashing.h"
#include "stores/documents/document_store.h"
#include "stores/documents/packed_fields.h"
#include "stores/documents/sqlite.h"
#include "stores/documents/sqlite_passages.h"
#include "stores/documents/sqlite_schema.h"

namespace twin {
namespace {

using sqlite::Database;
using sqlite::Statement;
using sqlite::Transaction;

constexpr const char* kDocumentColumns =
    "id, version, category, author_id, author_full_name, platform, link, title, subtitle, "
    "language, date, tags, media_type, raw, extractor, coalesce(verbatim, raw), content_hash, "
    "bylines, "
    "genre, coalesce(headers, '')";

constexpr const char* kItemColumns =
    "source, state, reason, document_id, time, etag, last_modified, kind, author_id";

RawDocument read_document(const Statement& row) {
  RawDocument document;
  document.id = row.text(0);
  document.version = static_cast<int>(row.integer(1));
  document.category = category_from_name(row.text(2));
  document.author_id = row.text(3);
  document.author_full_name = row.text(4);
  document.platform = row.text(5);
  document.link = row.text(6);
  document.title = row.text(7);
  document.subtitle = row.text(8);
  document.language = row.text(9);
  document.date = row.text(10);
  document.tags = unpack_list(row.text(11));
  document.media_type = row.text(12);
  document.raw = row.text(13);
  document.extractor = row.text(14);
  document.verbatim = row.text(15);
  document.content_hash = row.text(16);
  document.bylines = unpack_list(row.text(17));
  document.genre = row.text(18);
  document.headers = row.text(19);
  return document;
}

class SqliteDocumentStore : public DocumentStore {
 public:
  explicit SqliteDocumentStore(const std::string& path) : database_(path) {
    sqlite::migrate(database_, path);
  }

  void put_author(const Author& author) override {
    std::lock_guard lock(mutex_);
    database_.prepare("INSERT OR REPLACE INTO authors VALUES (?, ?, ?, ?)")
        .bind(1, author.id)
        .bind(2, author.first_name)
        .bind(3, author.last_name)
        .bind(4, author.full_name())
        .run();
  }

  std::vector<Author> authors() const override {
    std::lock_guard lock(mutex_);
    std::vector<Author> authors;
    Statement rows = database_.prepare("SELECT id, first_name, last_name FROM authors ORDER BY id");
    while (rows.step()) authors.push_back({rows.text(0), rows.text(1), rows.text(2)});
    return authors;
  }

  std::optional<Author> find_author(std::string_view full_name) const override {
    std::lock_guard lock(mutex_);
    Statement rows = database_.prepare(
        "SELECT id, first_name, last_name FROM authors WHERE full_name = ? ORDER BY id LIMIT 1");
    rows.bind(1, full_name);
    if (!rows.step()) return std::nullopt;
    return Author{rows.text(0), rows.text(1), rows.text(2)};
  }

  PutResult put_document(const RawDocument& document, Item item) override {
    TWIN_CHECK(document.content_hash == sha256(document.raw), document.link);
    std::lock_guard lock(mutex_);
    Transaction transaction(database_);
    const std::optional<RawDocument> newest = find_newest(document.id);
    PutResult result = PutResult::kNew;
    if (newest && same_state(*newest, document)) {
      result = PutResult::kUnchanged;
    } else {
      if (newest) result = PutResult::kNewVersion;
      insert_document(document, newest ? newest->version + 1 : 1);
    }
    item.document_id = document.id;
    item.state = result == PutResult::kNew         ? "new"
                 : result == PutResult::kUnchanged ? "unchanged"
                                                   : "new version";
    insert_item(item);
    transaction.commit();
    return result;
  }

  std::optional<RawDocument> document(std::string_view id,
                                      std::optional<int> version) const override {
    std::lock_guard lock(mutex_);
    if (!version) return find_newest(id);
    Statement rows = database_.prepare(
        fmt::format("SELECT {} FROM documents WHERE id = ? AND version = ?", kDocumentColumns));
    rows.bind(1, id).bind(2, static_cast<int64_t>(*version));
    return rows.step() ? std::optional(read_document(rows)) : std::nullopt;
  }

  std::vector<int> versions(std::string_view id) const override {
    std::lock_guard lock(mutex_);
    std::vector<int> versions;
    Statement rows =
        database_.prepare("SELECT version FROM documents WHERE id = ? ORDER BY version");
    rows.bind(1, id);
    while (rows.step()) versions.push_back(static_cast<int>(rows.integer(0)));
    return versions;
  }

  std::vector<DocumentSummary> documents(const DocumentFilter& filter) const override {
    std::lock_guard lock(mutex_);
    std::vector<DocumentSummary> documents;
    Statement rows = database_.prepare(
        "SELECT d.id, d.version, d.category, d.author_id, d.author_full_name, d.platform, d.link, "
        "d.title, d.date, d.content_hash, length(d.raw), "
        "coalesce(length(d.verbatim), length(d.raw)), "  // reads no byte of either
        "coalesce(f.key, '') FROM documents d "
        "LEFT JOIN features f ON f.document_id = d.id AND f.version = d.version "
        "WHERE d.newest = 1 AND (?1 = '' OR d.author_id = ?1) AND (?2 = '' OR d.category = ?2) "
        "ORDER BY d.author_id, d.link, d.id");
    const std::string category =
        filter.category ? std::string(name_of(*filter.category)) : std::string();
    const std::string author_id = filter.author_id.value_or("");
    rows.bind(1, author_id).bind(2, category);
    while (rows.step()) {
      DocumentSummary d;
      d.id = rows.text(0);
      d.version = static_cast<int>(rows.integer(1));
      d.category = category_from_name(rows.text(2));
      d.author_id = rows.text(3);
      d.author_full_name = rows.text(4);
      d.platform = rows.text(5);
      d.link = rows.text(6);
      d.title = rows.text(7);
      d.date = rows.text(8);
      d.content_hash = rows.text(9);
      d.raw_bytes = static_cast<size_t>(rows.integer(10));
      d.verbatim_bytes = static_cast<size_t>(rows.integer(11));
      d.features_key = rows.text(12);
      documents.push_back(std::move(d));
    }
    return documents;
  }

  std::vector<std::string> platforms() const override {
    std::lock_guard lock(mutex_);
    // From one to the next along the index: as many steps as there are platforms.
    Statement rows = database_.prepare(
        "WITH RECURSIVE p (platform) AS ("
        "  SELECT min(platform) FROM documents WHERE newest = 1 UNION ALL "
        "  SELECT (SELECT min(platform) FROM documents WHERE newest = 1 AND platform > p.platform) "
        "  FROM p WHERE p.platform IS NOT NULL) "
        "SELECT platform FROM p WHERE platform <> ''");
    std::vector<std::string> platforms;
    while (rows.step()) platforms.push_back(rows.text(0));
    return platforms;
  }

  void put_item(const Item& item) override {
    std::lock_guard lock(mutex_);
    insert_item(item);
  }

  std::vector<Item> items() const override {
    std::lock_guard lock(mutex_);
    std::vector<Item> items;
    Statement rows =
        database_.prepare(fmt::format("SELECT {} FROM items ORDER BY source", kItemColumns));
    while (rows.step()) items.push_back(read_item(rows));
    return items;
  }

  std::optional<Item> item(std::string_view source) const override {
    std::lock_guard lock(mutex_);
    Statement rows =
        database_.prepare(fmt::format("SELECT {} FROM items WHERE source = ?", kItemColumns));
    rows.bind(1, source);
    return rows.step() ? std::optional(read_item(rows)) : std::nullopt;
  }

  void put_features(const Features& features) override {
    std::lock_guard lock(mutex_);
    Transaction transaction(database_);
    const std::string& id = features.clean.document_id;
    database_.prepare("DELETE FROM chunks WHERE document_id = ?").bind(1, id).run();
    database_.prepare("DELETE FROM features WHERE document_id = ?").bind(1, id).run();
    const std::string spans = pack_spans(features.clean.spans);
    const std::string private_spans = pack_private_spans(features.clean.private_spans);
    database_
        .prepare(
            "INSERT INTO features (document_id, version, key, spans, private_spans, duplicate_of, "
            "facts) VALUES (?, ?, ?, ?, ?, ?, ?)")
        .bind(1, id)
        .bind(2, static_cast<int64_t>(features.clean.version))
        .bind(3, features.key)
        .bind(4, spans)
        .bind(5, private_spans)
        .bind(6, features.clean.duplicate_of)
        .bind_blob(7, features.facts)
        .run();
    for (const Chunk& chunk : features.chunks) sqlite::insert_chunk(database_, chunk);
    transaction.commit();
  }

  std::optional<Features> features(std::string_view document_id) const override {
    std::lock_guard lock(mutex_);
    std::optional<Features> features = find_features(document_id);
    if (features) features->chunks = sqlite::chunks_of(database_, document_id);
    return features;
  }

  std::vector<std::optional<Features>> features_without_chunks(
      const std::vector<std::string>& document_ids) const override {
    std::lock_guard lock(mutex_);
    std::vector<std::optional<Features>> found;
    for (const std::string& id : document_ids) found.push_back(find_features(id));
    return found;
  }

  std::vector<Passage> search_chunks(const ChunkQuery& query) const override {
    std::lock_guard lock(mutex_);
    return sqlite::search_chunks(database_, query);
  }

  std::optional<Passage> passage(std::string_view chunk_id) const override {
    std::lock_guard lock(mutex_);
    return sqlite::find_passage(database_, chunk_id);
  }

  size_t chunk_count() const override {
    std::lock_guard lock(mutex_);
    Statement rows = database_.prepare("SELECT count(*) FROM chunks");
    rows.step();
    return static_cast<size_t>(rows.integer(0));
  }

 private:
  std::optional<RawDocument> find_newest(std::string_view id) const {
    Statement rows = database_.prepare(fmt::format(
        "SELECT {} FROM documents WHERE id = ? ORDER BY version DESC LIMIT 1", kDocumentColumns));
    rows.bind(1, id);
    return rows.step() ? std::optional(read_document(rows)) : std::nullopt;
  }

  // Without chunks.
  std::optional<Features> find_features(std::string_view document_id) const {
    Statement rows = database_.prepare(
        "SELECT version, key, spans, private_spans, duplicate_of, facts FROM features "
        "WHERE document_id = ?");
    rows.bind(1, document_id);
    if (!rows.step()) return std::nullopt;
    Features features;
    features.clean.document_id = std::string(document_id);
    features.clean.version = static_cast<int>(rows.integer(0));
    features.key = rows.text(1);
    features.clean.spans = unpack_spans(rows.view(2));
    features.clean.private_spans = unpack_private_spans(rows.view(3));
    features.clean.duplicate_of = rows.text(4);
    features.facts = rows.text(5);
    return features;
  }

  void insert_document(const RawDocument& d, int version) {
    database_.prepare("UPDATE documents SET newest = 0 WHERE id = ?").bind(1, d.id).run();
    const std::string tags = pack_list(d.tags), bylines = pack_list(d.bylines);
    // The same bytes are not stored twice: a null verbatim text is the raw one.
    Statement insert = database_.prepare(
        "INSERT INTO documents (id, version, newest, category, author_id, author_full_name, "
        "platform, link, title, subtitle, language, date, tags, media_type, raw, extractor, "
        "verbatim, content_hash, bylines, genre, headers) "
        "VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    insert.bind(1, d.id)
        .bind(2, static_cast<int64_t>(version))
        .bind(3, name_of(d.category))
        .bind(4, d.author_id)
        .bind(5, d.author_full_name)
        .bind(6, d.platform)
        .bind(7, d.link)
        .bind(8, d.title)
        .bind(9, d.subtitle)
        .bind(10, d.language)
        .bind(11, d.date)
        .bind(12, tags)
        .bind(13, d.media_type)
        .bind_blob(14, d.raw)
        .bind(15, d.extractor)
        .bind(17, d.content_hash)
        .bind(18, bylines)
        .bind(19, d.genre);
    if (!d.headers.empty()) insert.bind_blob(20, d.headers);
    if (!d.extractor.empty()) insert.bind_blob(16, d.verbatim);
    insert.run();
  }

  void insert_item(const Item& item) {
    database_.prepare("INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(1, item.source)
        .bind(2, item.state)
        .bind(3, item.reason)
        .bind(4, item.document_id)
        .bind(5, item.time)
        .bind(6, item.etag)
        .bind(7, item.last_modified)
        .bind(8, item.kind)
        .bind(9, item.author_id)
        .run();
  }

  static Item read_item(const Statement& row) {
    return {row.text(0), row.text(1), row.text(2), row.text(3), row.text(4),
            row.text(5), row.text(6), row.text(7), row.text(8)};
  }

  mutable std::mutex mutex_;
  mutable Database database_;
};

}  // namespace

std::unique_ptr<DocumentStore> open_sqlite_document_store(const std::string& path) {
  return std::make_unique<SqliteDocumentStore>(path);
}

}  // namespace twin
