#include "stores/documents/passage_index.h"

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "stores/documents/packed_fields.h"
#include "stores/documents/sqlite_passages.h"
#include "stores/documents/sqlite_schema.h"

namespace twin {
namespace {

using sqlite::Database;
using sqlite::Statement;
using sqlite::Transaction;

std::unique_ptr<Database> open(const std::string& path) {
  auto database = std::make_unique<Database>(path.empty() ? ":memory:" : path);
  sqlite::migrate(*database, path);
  // What is derived need not reach the disk at once.
  database->execute(
      "PRAGMA synchronous = NORMAL;"
      "CREATE TABLE IF NOT EXISTS indexed (document_id TEXT PRIMARY KEY, tag TEXT NOT NULL) STRICT;"
      "CREATE TABLE IF NOT EXISTS indexed_store (identity TEXT PRIMARY KEY) STRICT;");
  return database;
}

}  // namespace

PassageIndex::PassageIndex(const std::string& path) {
  try {
    database_ = open(path);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kBadInput) throw;
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix);
    database_ = open(path);
  }
}

void PassageIndex::remove(const std::string& document_id) {
  for (const char* sql :
       {"DELETE FROM chunks WHERE document_id = ?", "DELETE FROM features WHERE document_id = ?",
        "DELETE FROM documents WHERE id = ?", "DELETE FROM indexed WHERE document_id = ?"}) {
    database_->prepare(sql).bind(1, document_id).run();
  }
}

void PassageIndex::insert(const IndexedFeatures& indexed, const std::string& tag) {
  const DocumentSummary& document = indexed.document;
  const std::string tags = pack_list(indexed.tags);
  database_
      ->prepare(
          "INSERT INTO documents (id, version, newest, category, author_id, author_full_name, "
          "platform, link, title, subtitle, language, date, tags, media_type, raw, extractor, "
          "content_hash) VALUES (?, ?, 1, ?, ?, ?, ?, ?, '', '', '', ?, ?, '', x'', '', '')")
      .bind(1, document.id)
      .bind(2, static_cast<int64_t>(document.version))
      .bind(3, name_of(document.category))
      .bind(4, document.author_id)
      .bind(5, document.author_full_name)
      .bind(6, document.platform)
      .bind(7, document.link)
      .bind(8, document.date)
      .bind(9, tags)
      .run();
  database_
      ->prepare("INSERT INTO features (document_id, version, key, spans) VALUES (?, ?, '', '')")
      .bind(1, document.id)
      .bind(2, static_cast<int64_t>(document.version))
      .run();
  for (const Chunk& chunk : indexed.features.chunks) sqlite::insert_chunk(*database_, chunk);
  database_->prepare("INSERT INTO indexed VALUES (?, ?)").bind(1, document.id).bind(2, tag).run();
}

void PassageIndex::bring_up(const std::string& identity,
                            const std::map<std::string, std::string>& tags, const Fetch& fetch) {
  std::vector<std::string> gone, wanted;
  {
    std::lock_guard lock(mutex_);
    Transaction transaction(*database_);
    {
      Statement store = database_->prepare("SELECT identity FROM indexed_store");
      const bool same = store.step() && store.text(0) == identity;
      if (!same) {
        database_->execute(
            "DELETE FROM chunks; DELETE FROM features; DELETE FROM documents; DELETE FROM indexed; "
            "DELETE FROM indexed_store");
        database_->prepare("INSERT INTO indexed_store VALUES (?)").bind(1, identity).run();
      }
    }
    std::map<std::string, std::string> have;
    Statement rows = database_->prepare("SELECT document_id, tag FROM indexed");
    while (rows.step()) have.emplace(rows.text(0), rows.text(1));
    for (const auto& [id, tag] : have) {
      if (!tags.contains(id)) gone.push_back(id);
    }
    for (const auto& [id, tag] : tags) {
      const auto found = have.find(id);
      if (found == have.end() || found->second != tag) wanted.push_back(id);
    }
    for (const std::string& id : gone) remove(id);
    transaction.commit();
  }
  // Fetched without the lock of the file, so that others search meanwhile.
  constexpr size_t kBatch = 64;
  for (size_t begin = 0; begin < wanted.size(); begin += kBatch) {
    const size_t end = std::min(begin + kBatch, wanted.size());
    std::vector<std::pair<const std::string*, std::optional<IndexedFeatures>>> fetched;
    for (size_t i = begin; i < end; ++i) fetched.emplace_back(&wanted[i], fetch(wanted[i]));
    std::lock_guard lock(mutex_);
    Transaction transaction(*database_);
    for (const auto& [id, features] : fetched) {
      remove(*id);
      if (features) insert(*features, tags.at(*id));
    }
    transaction.commit();
  }
}

std::vector<Passage> PassageIndex::search(const ChunkQuery& query) {
  std::lock_guard lock(mutex_);
  return sqlite::search_chunks(*database_, query);
}

std::optional<Passage> PassageIndex::passage(std::string_view chunk_id) {
  std::lock_guard lock(mutex_);
  return sqlite::find_passage(*database_, chunk_id);
}

size_t PassageIndex::chunk_count() {
  std::lock_guard lock(mutex_);
  Statement rows = database_->prepare("SELECT count(*) FROM chunks");
  rows.step();
  return static_cast<size_t>(rows.integer(0));
}

}  // namespace twin
