#include "stores/documents/sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/error.h"

namespace twin::sqlite {
namespace {

// How long a writer waits for another process's transaction.
constexpr int kBusyMilliseconds = 30'000;

[[noreturn]] void throw_error(sqlite3* database, int code) {
  const char* file = database == nullptr ? nullptr : sqlite3_db_filename(database, "main");
  const bool damaged = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
  throw Error(damaged ? ErrorCode::kBadInput : ErrorCode::kFailed,
              fmt::format("{}: store: {}", file == nullptr ? "" : file,
                          database == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(database)));
}

}  // namespace

Statement::Statement(sqlite3* database, sqlite3_stmt* statement)
    : database_(database), statement_(statement) {}

Statement::~Statement() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Statement& Statement::bind(int position, std::string_view text) {
  const int code = sqlite3_bind_text64(statement_, position, text.data() ? text.data() : "",
                                       text.size(), SQLITE_STATIC, SQLITE_UTF8);
  if (code != SQLITE_OK) throw_error(database_, code);
  return *this;
}

Statement& Statement::bind_blob(int position, std::string_view bytes) {
  const int code = sqlite3_bind_blob64(statement_, position, bytes.data() ? bytes.data() : "",
                                       bytes.size(), SQLITE_STATIC);
  if (code != SQLITE_OK) throw_error(database_, code);
  return *this;
}

Statement& Statement::bind(int position, int64_t value) {
  const int code = sqlite3_bind_int64(statement_, position, value);
  if (code != SQLITE_OK) throw_error(database_, code);
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(statement_);
  if (code != SQLITE_ROW && code != SQLITE_DONE) throw_error(database_, code);
  return code == SQLITE_ROW;
}

std::string Statement::text(int column) const { return std::string(view(column)); }

std::string_view Statement::view(int column) const {
  const void* bytes = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  return bytes == nullptr
             ? std::string_view()
             : std::string_view(static_cast<const char*>(bytes), static_cast<size_t>(size));
}

int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_, column); }
double Statement::real(int column) const { return sqlite3_column_double(statement_, column); }

Database::Database(const std::string& path) : path_(path) {
  const int code = sqlite3_open_v2(path.c_str(), &database_,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  if (code != SQLITE_OK) {
    const std::string message = sqlite3_errmsg(database_);
    sqlite3_close(database_);
    throw Error(ErrorCode::kFailed, fmt::format("{}: cannot open the store: {}", path, message));
  }
  sqlite3_busy_timeout(database_, kBusyMilliseconds);
}

Database::~Database() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(database_);
}

void Database::execute(const std::string& sql) {
  const int code = sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) throw_error(database_, code);
}

Statement Database::prepare(const std::string& sql) {
  sqlite3_stmt*& statement = statements_[sql];
  if (statement == nullptr) {
    const int code = sqlite3_prepare_v3(database_, sql.c_str(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) throw_error(database_, code);
  }
  return {database_, statement};
}

Transaction::Transaction(Database& database) : database_(database) {
  database_.execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  if (!open_) return;
  try {
    database_.execute("ROLLBACK");
  } catch (const Error&) {
    // SQLite rolls back by itself when the connection closes.
  }
}

void Transaction::commit() {
  database_.execute("COMMIT");
  open_ = false;
}

ReadTransaction::ReadTransaction(Database& database) : database_(database) {
  database_.execute("BEGIN");
}

ReadTransaction::~ReadTransaction() {
  try {
    database_.execute("ROLLBACK");
  } catch (const Error&) {
    // Nothing was written; the connection ends it when it closes.
  }
}

}  // namespace twin::sqlite
