#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "stores/documents/document_store.h"
#include "stores/documents/sqlite.h"

// Chunks in a database of the store's schema (sqlite_schema.h) and how they are found.
namespace twin::sqlite {

// Requires a transaction, and features of the chunk's document.
void insert_chunk(Database& database, const Chunk& chunk);
// Of a document, by ordinal.
std::vector<Chunk> chunks_of(Database& database, std::string_view document_id);
// As DocumentStore::search_chunks() and passage().
std::vector<Passage> search_chunks(Database& database, const ChunkQuery& query);
std::optional<Passage> find_passage(Database& database, std::string_view chunk_id);

}  // namespace twin::sqlite
