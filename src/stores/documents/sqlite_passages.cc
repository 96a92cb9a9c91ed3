#include "stores/documents/sqlite_passages.h"

#include <fmt/format.h>

#include <charconv>

#include "stores/documents/packed_fields.h"

namespace twin::sqlite {
namespace {

// How much a match in the title and in the heading path counts beside one in the text.
constexpr const char* kBm25 = "bm25(chunk_index, 3.0, 2.0, 1.0)";

constexpr const char* kChunkColumns =
    "c.document_id, f.version, c.ordinal, c.range_begin, c.range_end, c.title, c.heading_path, "
    "c.tokens, c.own_prose, c.text";

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

}  // namespace

void insert_chunk(Database& database, const Chunk& chunk) {
  const std::string path = pack_list(chunk.heading_path);
  const std::string headings = fmt::format("{}", fmt::join(chunk.heading_path, "\n"));
  database
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

std::vector<Chunk> chunks_of(Database& database, std::string_view document_id) {
  Statement rows =
      database.prepare(fmt::format("SELECT {} FROM chunks c JOIN features f USING (document_id) "
                                   "WHERE c.document_id = ? ORDER BY c.ordinal",
                                   kChunkColumns));
  rows.bind(1, document_id);
  std::vector<Chunk> chunks;
  while (rows.step()) chunks.push_back(read_chunk(rows));
  return chunks;
}

std::vector<Passage> search_chunks(Database& database, const ChunkQuery& query) {
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
  // BM25 of SQLite is negative, better is smaller. The inner query ranks numbers alone.
  Statement rows = database.prepare(fmt::format(
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

std::optional<Passage> find_passage(Database& database, std::string_view chunk_id) {
  const size_t colon = chunk_id.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  int64_t ordinal = 0;
  const char* end = chunk_id.data() + chunk_id.size();
  if (std::from_chars(chunk_id.data() + colon + 1, end, ordinal).ptr != end) return std::nullopt;
  Statement rows = database.prepare(
      fmt::format("SELECT {}, d.link, d.author_full_name FROM chunks c "
                  "JOIN features f USING (document_id) "
                  "JOIN documents d ON d.id = c.document_id AND d.version = f.version "
                  "WHERE c.document_id = ? AND c.ordinal = ?",
                  kChunkColumns));
  rows.bind(1, chunk_id.substr(0, colon)).bind(2, ordinal);
  if (!rows.step()) return std::nullopt;
  return Passage{read_chunk(rows), 0, rows.text(10), rows.text(11)};
}

}  // namespace twin::sqlite
