#include <fmt/format.h>

#include <charconv>
#include <mutex>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/hashing.h"
#include "base/json.h"
#include "stores/documents/document_store.h"
#include "stores/documents/sqlite.h"
#include "stores/documents/sqlite_schema.h"

namespace twin {
namespace {

using sqlite::Database;
using sqlite::Statement;
using sqlite::Transaction;

// How much a match in the title and in the heading path counts beside one in the text.
constexpr const char* kBm25 = "bm25(chunk_index, 3.0, 2.0, 1.0)";

constexpr const char* kDocumentColumns =
    "id, version, category, author_id, author_full_name, platform, link, title, subtitle, "
    "language, date, tags, media_type, raw, extractor, coalesce(verbatim, raw), content_hash, "
    "bylines, "
    "genre, coalesce(headers, '')";

constexpr const char* kItemColumns =
    "source, state, reason, document_id, time, etag, last_modified, kind, author_id";

constexpr const char* kChunkColumns =
    "c.document_id, f.version, c.ordinal, c.range_begin, c.range_end, c.title, c.heading_path, "
    "c.tokens, c.own_prose, c.text";

std::string pack_list(const std::vector<std::string>& list) { return dump_json(Json(list)); }

std::vector<std::string> unpack_list(const std::string& text) {
  return parse_json(text, "document store").get<std::vector<std::string>>();
}

// [begin, end, kind, reason] per span.
std::string pack_spans(const std::vector<Span>& spans) {
  Json list = Json::array();
  for (const Span& span : spans) {
    list.push_back({span.range.begin, span.range.end, name_of(span.kind), name_of(span.reason)});
  }
  return dump_json(list);
}

std::vector<Span> unpack_spans(const std::string& text) {
  std::vector<Span> spans;
  for (const Json& entry : parse_json(text, "document store")) {
    spans.push_back({{entry.at(0).get<size_t>(), entry.at(1).get<size_t>()},
                     span_kind_from_name(entry.at(2).get<std::string>()),
                     removal_reason_from_name(entry.at(3).get<std::string>())});
  }
  return spans;
}

// [begin, end, kind, masked] per private span.
std::string pack_private_spans(const std::vector<PrivateSpan>& spans) {
  Json list = Json::array();
  for (const PrivateSpan& span : spans) {
    list.push_back({span.range.begin, span.range.end, name_of(span.kind), span.masked});
  }
  return dump_json(list);
}

std::vector<PrivateSpan> unpack_private_spans(const std::string& text) {
  std::vector<PrivateSpan> spans;
  for (const Json& entry : parse_json(text, "document store")) {
    spans.push_back({{entry.at(0).get<size_t>(), entry.at(1).get<size_t>()},
                     private_kind_from_name(entry.at(2).get<std::string>()),
                     entry.size() < 4 || entry.at(3).get<bool>()});
  }
  return spans;
}

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

Chunk read_chunk(const Statement& row) {
  Chunk chunk;
  chunk.document_id = row.text(0);
  chunk.version = static_cast<int>(row.integer(1));
  chunk.ordinal = static_cast<size_t>(row.integer(2));
  chunk.id = fmt::format("{}:{}", chunk.document_id, chunk.ordinal);
  chunk.range = {static_cast<size_t>(row.integer(3)), static_cast<size_t>(row.integer(4))};
  chunk.title = row.text(5);
  chunk.heading_path = unpack_list(row.text(6));
  chunk.tokens = static_cast<size_t>(row.integer(7));
  chunk.own_prose = row.integer(8) != 0;
  chunk.text = row.text(9);
  return chunk;
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
        "d.title, d.date, d.content_hash, length(d.raw), length(coalesce(d.verbatim, d.raw)), "
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
            "INSERT INTO features (document_id, version, key, spans, private_spans, duplicate_of) "
            "VALUES (?, ?, ?, ?, ?, ?)")
        .bind(1, id)
        .bind(2, static_cast<int64_t>(features.clean.version))
        .bind(3, features.key)
        .bind(4, spans)
        .bind(5, private_spans)
        .bind(6, features.clean.duplicate_of)
        .run();
    for (const Chunk& chunk : features.chunks) insert_chunk(chunk);
    transaction.commit();
  }

  std::optional<Features> features(std::string_view document_id) const override {
    std::lock_guard lock(mutex_);
    Features features;
    {
      Statement rows = database_.prepare(
          "SELECT version, key, spans, private_spans, duplicate_of FROM features "
          "WHERE document_id = ?");
      rows.bind(1, document_id);
      if (!rows.step()) return std::nullopt;
      features.clean.document_id = std::string(document_id);
      features.clean.version = static_cast<int>(rows.integer(0));
      features.key = rows.text(1);
      features.clean.spans = unpack_spans(rows.text(2));
      features.clean.private_spans = unpack_private_spans(rows.text(3));
      features.clean.duplicate_of = rows.text(4);
    }
    Statement rows =
        database_.prepare(fmt::format("SELECT {} FROM chunks c JOIN features f USING (document_id) "
                                      "WHERE c.document_id = ? ORDER BY c.ordinal",
                                      kChunkColumns));
    rows.bind(1, document_id);
    while (rows.step()) features.chunks.push_back(read_chunk(rows));
    return features;
  }

  std::vector<Passage> search_chunks(const ChunkQuery& query) const override {
    std::string match;
    for (const std::string& term : query.terms) {
      if (!match.empty()) match += " OR ";
      match += '"';
      for (char c : term) match += c == '"' ? std::string("\"\"") : std::string(1, c);
      match += '"';
    }
    if (match.empty() || query.k == 0) return {};
    const PassageFilter& filter = query.filter;
    const std::string only = pack_list(filter.document_ids), tags = pack_list(filter.tags);
    std::lock_guard lock(mutex_);
    // BM25 of SQLite is negative, better is smaller. The inner query ranks numbers alone.
    Statement rows = database_.prepare(fmt::format(
        "SELECT {}, -r.rank, d.link, d.author_full_name FROM ("
        "  SELECT chunk_index.rowid AS number, {} AS rank FROM chunk_index "
        "  JOIN chunks ON chunks.number = chunk_index.rowid "
        "  JOIN features USING (document_id) "
        "  JOIN documents ON documents.id = document_id AND documents.version = features.version "
        "  WHERE chunk_index MATCH ?1 AND (?2 = '' OR documents.author_id = ?2) "
        "  AND (?3 = '[]' OR document_id IN (SELECT value FROM json_each(?3))) "
        "  AND (?5 = '' OR documents.platform = ?5) AND (?6 = '' OR documents.category = ?6) "
        "  AND (?7 = '' OR documents.date >= ?7) "
        "  AND (?8 = '' OR (documents.date <> '' AND substr(documents.date, 1, length(?8)) <= ?8)) "
        "  AND (?9 = '[]' OR EXISTS (SELECT 1 FROM json_each(documents.tags) AS tag "
        "       WHERE tag.value IN (SELECT value FROM json_each(?9)))) "
        "  ORDER BY rank, document_id, ordinal LIMIT ?4) r "
        "JOIN chunks c ON c.number = r.number JOIN features f USING (document_id) "
        "JOIN documents d ON d.id = c.document_id AND d.version = f.version "
        "ORDER BY r.rank, c.document_id, c.ordinal",
        kChunkColumns, kBm25));
    const std::string author_id = filter.author_id.value_or("");
    const std::string platform = filter.platform.value_or("");
    const std::string category(filter.category ? name_of(*filter.category) : "");
    const std::string from = filter.date_from.value_or(""), to = filter.date_to.value_or("");
    rows.bind(1, match).bind(2, author_id).bind(3, only).bind(4, static_cast<int64_t>(query.k));
    rows.bind(5, platform).bind(6, category).bind(7, from).bind(8, to).bind(9, tags);
    std::vector<Passage> passages;
    while (rows.step()) {
      passages.push_back({read_chunk(rows), rows.real(10), rows.text(11), rows.text(12)});
    }
    return passages;
  }

  std::optional<Passage> passage(std::string_view chunk_id) const override {
    const size_t colon = chunk_id.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    int64_t ordinal = 0;
    const char* end = chunk_id.data() + chunk_id.size();
    if (std::from_chars(chunk_id.data() + colon + 1, end, ordinal).ptr != end) return std::nullopt;
    std::lock_guard lock(mutex_);
    Statement rows = database_.prepare(
        fmt::format("SELECT {}, d.link, d.author_full_name FROM chunks c "
                    "JOIN features f USING (document_id) "
                    "JOIN documents d ON d.id = c.document_id AND d.version = f.version "
                    "WHERE c.document_id = ? AND c.ordinal = ?",
                    kChunkColumns));
    rows.bind(1, chunk_id.substr(0, colon)).bind(2, ordinal);
    if (!rows.step()) return std::nullopt;
    return Passage{read_chunk(rows), 0, rows.text(10), rows.text(11)};
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

  void insert_chunk(const Chunk& chunk) {
    const std::string path = pack_list(chunk.heading_path);
    const std::string headings = fmt::format("{}", fmt::join(chunk.heading_path, "\n"));
    database_
        .prepare(
            "INSERT INTO chunks (document_id, ordinal, range_begin, range_end, title, "
            "heading_path, headings, tokens, own_prose, text) VALUES (?,?,?,?,?,?,?,?,?,?)")
        .bind(1, chunk.document_id)
        .bind(2, static_cast<int64_t>(chunk.ordinal))
        .bind(3, static_cast<int64_t>(chunk.range.begin))
        .bind(4, static_cast<int64_t>(chunk.range.end))
        .bind(5, chunk.title)
        .bind(6, path)
        .bind(7, headings)
        .bind(8, static_cast<int64_t>(chunk.tokens))
        .bind(9, static_cast<int64_t>(chunk.own_prose))
        .bind(10, chunk.text)
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
