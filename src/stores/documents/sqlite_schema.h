#pragma once

#include "stores/documents/sqlite.h"

namespace twin::sqlite {

// Brings the store to the current schema: the migrations it lacks, all in one transaction (PRAGMA
// user_version says which have run). Errors: kBadInput for a store that a newer program
// made or that is not a store.
void migrate(Database& database, const std::string& path);

}  // namespace twin::sqlite
