#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace twin::sqlite {

// One prepared statement while it is being used: binds by position from 1, steps, reads columns
// from 0. Reset when it goes out of scope. Text and blobs bound must live until then.
class Statement {
 public:
  Statement(sqlite3* database, sqlite3_stmt* statement);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& bind(int position, std::string_view text);
  Statement& bind_blob(int position, std::string_view bytes);
  Statement& bind(int position, int64_t value);

  // True while there is a row.
  bool step();
  void run() { step(); }

  std::string text(int column) const;       // or a blob's bytes
  std::string_view view(int column) const;  // the same, until the next step
  int64_t integer(int column) const;
  double real(int column) const;

 private:
  sqlite3* database_;
  sqlite3_stmt* statement_;
};

// A connection with its prepared statements. Errors: twin::Error with the file's name. Not
// thread-safe: its owner has a mutex.
class Database {
 public:
  explicit Database(const std::string& path);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void execute(const std::string& sql);
  Statement prepare(const std::string& sql);

 private:
  std::string path_;
  sqlite3* database_ = nullptr;
  std::map<std::string, sqlite3_stmt*> statements_;
};

// Commits when told to; rolled back otherwise. Takes the write lock at once.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

// What is read while it lives is of one moment.
class ReadTransaction {
 public:
  explicit ReadTransaction(Database& database);
  ~ReadTransaction();
  ReadTransaction(const ReadTransaction&) = delete;
  ReadTransaction& operator=(const ReadTransaction&) = delete;

 private:
  Database& database_;
};

}  // namespace twin::sqlite
