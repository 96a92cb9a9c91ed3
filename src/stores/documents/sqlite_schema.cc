#include "stores/documents/sqlite_schema.h"

#include <fmt/format.h>

#include <array>

#include "base/error.h"

namespace twin::sqlite {
namespace {

// Migration i brings version i to i + 1. Never edited once released: a change is a new entry.
constexpr std::array kMigrations = {
    R"sql(
CREATE TABLE authors (
  id TEXT PRIMARY KEY,
  first_name TEXT NOT NULL,
  last_name TEXT NOT NULL,
  full_name TEXT NOT NULL COLLATE NOCASE
) STRICT;
CREATE INDEX authors_by_name ON authors (full_name);

CREATE TABLE documents (
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  newest INTEGER NOT NULL,
  category TEXT NOT NULL,
  author_id TEXT NOT NULL,
  author_full_name TEXT NOT NULL,
  platform TEXT NOT NULL,
  link TEXT NOT NULL,
  title TEXT NOT NULL,
  subtitle TEXT NOT NULL,
  language TEXT NOT NULL,
  date TEXT NOT NULL,
  tags TEXT NOT NULL,
  media_type TEXT NOT NULL,
  raw BLOB NOT NULL,
  extractor TEXT NOT NULL,
  verbatim BLOB,
  content_hash TEXT NOT NULL,
  PRIMARY KEY (id, version)
) STRICT;
CREATE INDEX documents_newest ON documents (author_id, link, id) WHERE newest = 1;

CREATE TABLE items (
  source TEXT PRIMARY KEY,
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  document_id TEXT NOT NULL,
  time TEXT NOT NULL
) STRICT;

CREATE TABLE features (
  document_id TEXT PRIMARY KEY,
  version INTEGER NOT NULL,
  key TEXT NOT NULL,
  spans TEXT NOT NULL,
  FOREIGN KEY (document_id, version) REFERENCES documents (id, version)
) STRICT;

CREATE TABLE chunks (
  number INTEGER PRIMARY KEY,
  document_id TEXT NOT NULL REFERENCES features (document_id),
  ordinal INTEGER NOT NULL,
  range_begin INTEGER NOT NULL,
  range_end INTEGER NOT NULL,
  title TEXT NOT NULL,
  heading_path TEXT NOT NULL,
  headings TEXT NOT NULL,
  tokens INTEGER NOT NULL,
  own_prose INTEGER NOT NULL,
  text TEXT NOT NULL,
  UNIQUE (document_id, ordinal)
) STRICT;

CREATE VIRTUAL TABLE chunk_index USING fts5 (
  title, headings, text,
  content = 'chunks', content_rowid = 'number',
  tokenize = 'porter unicode61 remove_diacritics 2'
);
CREATE TRIGGER chunks_added AFTER INSERT ON chunks BEGIN
  INSERT INTO chunk_index (rowid, title, headings, text)
  VALUES (new.number, new.title, new.headings, new.text);
END;
CREATE TRIGGER chunks_removed AFTER DELETE ON chunks BEGIN
  INSERT INTO chunk_index (chunk_index, rowid, title, headings, text)
  VALUES ('delete', old.number, old.title, old.headings, old.text);
END;
)sql",
    R"sql(
CREATE INDEX documents_by_platform ON documents (platform) WHERE newest = 1;
)sql",
    R"sql(
ALTER TABLE documents ADD COLUMN bylines TEXT NOT NULL DEFAULT '[]';
ALTER TABLE documents ADD COLUMN genre TEXT NOT NULL DEFAULT '';
ALTER TABLE documents ADD COLUMN headers BLOB;
ALTER TABLE items ADD COLUMN etag TEXT NOT NULL DEFAULT '';
ALTER TABLE items ADD COLUMN last_modified TEXT NOT NULL DEFAULT '';
ALTER TABLE features ADD COLUMN private_spans TEXT NOT NULL DEFAULT '[]';
ALTER TABLE features ADD COLUMN duplicate_of TEXT NOT NULL DEFAULT '';
)sql",
    R"sql(
ALTER TABLE items ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE items ADD COLUMN author_id TEXT NOT NULL DEFAULT '';
)sql",
    R"sql(
ALTER TABLE features ADD COLUMN facts BLOB NOT NULL DEFAULT x'';
)sql"};

int64_t version_of(Database& database) {
  Statement statement = database.prepare("PRAGMA user_version");
  statement.step();
  return statement.integer(0);
}

}  // namespace

void migrate(Database& database, const std::string& path) {
  database.execute(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON");
  const auto known = static_cast<int64_t>(kMigrations.size());
  if (version_of(database) == known) return;
  Transaction transaction(database);
  const int64_t version = version_of(database);  // another process may have migrated meanwhile
  if (version > known) {
    throw Error(ErrorCode::kBadInput,
                fmt::format("{}: made by a newer twin (schema {}, this one knows {}); update twin",
                            path, version, known));
  }
  for (auto i = static_cast<size_t>(version); i < kMigrations.size(); ++i) {
    database.execute(kMigrations[i]);
    database.execute(fmt::format("PRAGMA user_version = {}", i + 1));
  }
  transaction.commit();
}

}  // namespace twin::sqlite
