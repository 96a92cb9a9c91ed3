#include "stores/vectors/point_database.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json.h"

namespace twin::vectors {
namespace {

using sqlite::Statement;
using sqlite::Transaction;

// Migration i brings version i to i + 1. Never edited once released: a change is a new entry.
// A row of 384 floats and its payload takes 2 KB: eight of them to a page.
constexpr std::array kMigrations = {R"sql(
CREATE TABLE collections (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  dimensions INTEGER NOT NULL,
  distance TEXT NOT NULL,
  fields TEXT NOT NULL,
  settings TEXT NOT NULL,
  pruned INTEGER NOT NULL
) STRICT;
CREATE TABLE aliases (
  alias TEXT PRIMARY KEY,
  collection INTEGER NOT NULL REFERENCES collections (number) ON DELETE CASCADE
) STRICT;
CREATE TABLE points (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  collection INTEGER NOT NULL REFERENCES collections (number),
  id TEXT NOT NULL,
  payload TEXT NOT NULL,
  vector BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX points_by_id ON points (collection, id);
CREATE INDEX points_by_number ON points (collection);
CREATE TABLE removals (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  collection INTEGER NOT NULL,
  point INTEGER NOT NULL
) STRICT;
CREATE INDEX removals_by_collection ON removals (collection);
)sql",
                                    R"sql(
ALTER TABLE collections ADD COLUMN index_tag TEXT NOT NULL DEFAULT '';
)sql"};
constexpr auto kSchema = static_cast<int64_t>(kMigrations.size());

std::map<std::string, std::string> unpack_fields(const std::string& text) {
  return parse_json(text, "vector store").get<std::map<std::string, std::string>>();
}

}  // namespace

PointDatabase::PointDatabase(const std::string& path) : path_(path), database_(path) {
  database_.execute(
      "PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; "
      "PRAGMA foreign_keys = ON");
  const auto schema = [&] {
    Statement row = database_.prepare("PRAGMA user_version");
    row.step();
    return row.integer(0);
  };
  if (schema() == kSchema) return;
  Transaction transaction(database_);
  const int64_t found = schema();  // another process may have made the tables meanwhile
  if (found > kSchema) {
    throw Error(ErrorCode::kBadInput,
                fmt::format("{}: made by a newer twin (schema {}, this one knows {}); update twin",
                            path, found, kSchema));
  }
  for (auto i = static_cast<size_t>(found); i < kMigrations.size(); ++i) {
    database_.execute(kMigrations[i]);
  }
  database_.execute(fmt::format("PRAGMA user_version = {}", kSchema));
  transaction.commit();
}

int64_t PointDatabase::data_version() {
  Statement row = database_.prepare("PRAGMA data_version");
  row.step();
  return row.integer(0);
}

std::vector<CollectionRow> PointDatabase::collections() {
  std::vector<CollectionRow> list;
  Statement rows = database_.prepare(
      "SELECT number, name, dimensions, distance, fields, settings, pruned, index_tag "
      "FROM collections ORDER BY name");
  while (rows.step()) {
    CollectionRow row;
    row.number = rows.integer(0);
    row.name = rows.text(1);
    row.dimensions = static_cast<size_t>(rows.integer(2));
    row.distance = distance_from_name(rows.text(3));
    row.fields = unpack_fields(rows.text(4));
    row.settings = rows.text(5);
    row.pruned = rows.integer(6);
    row.index_tag = rows.text(7);
    list.push_back(std::move(row));
  }
  return list;
}

std::map<std::string, std::string> PointDatabase::aliases() {
  std::map<std::string, std::string> all;
  Statement rows =
      database_.prepare("SELECT alias, name FROM aliases JOIN collections ON collection = number");
  while (rows.step()) all.emplace(rows.text(0), rows.text(1));
  return all;
}

void PointDatabase::create_collection(const CollectionRow& row) {
  const std::string fields = dump_json(Json(row.fields));
  database_
      .prepare(
          "INSERT INTO collections (name, dimensions, distance, fields, settings, pruned) "
          "VALUES (?, ?, ?, ?, ?, 0)")
      .bind(1, row.name)
      .bind(2, static_cast<int64_t>(row.dimensions))
      .bind(3, name_of(row.distance))
      .bind(4, fields)
      .bind(5, row.settings)
      .run();
}

void PointDatabase::drop_collection(int64_t number) {
  for (const char* sql :
       {"DELETE FROM points WHERE collection = ?", "DELETE FROM removals WHERE collection = ?",
        "DELETE FROM collections WHERE number = ?"}) {
    database_.prepare(sql).bind(1, number).run();
  }
}

void PointDatabase::set_fields(int64_t number, const std::map<std::string, std::string>& fields) {
  const std::string text = dump_json(Json(fields));
  database_.prepare("UPDATE collections SET fields = ? WHERE number = ?")
      .bind(1, text)
      .bind(2, number)
      .run();
}

void PointDatabase::set_index(int64_t number, const std::string& tag, ChangePosition position) {
  database_
      .prepare("UPDATE collections SET index_tag = ?, pruned = max(pruned, ?) WHERE number = ?")
      .bind(1, tag)
      .bind(2, position.removal)
      .bind(3, number)
      .run();
  database_.prepare("DELETE FROM removals WHERE collection = ? AND sequence <= ?")
      .bind(1, number)
      .bind(2, position.removal)
      .run();
}

void PointDatabase::set_alias(const std::string& alias, int64_t collection) {
  database_.prepare("INSERT OR REPLACE INTO aliases VALUES (?, ?)")
      .bind(1, alias)
      .bind(2, collection)
      .run();
}

void PointDatabase::drop_alias(const std::string& alias) {
  database_.prepare("DELETE FROM aliases WHERE alias = ?").bind(1, alias).run();
}

void PointDatabase::put(int64_t collection, const PointId& id, std::string_view payload,
                        std::string_view vector) {
  remove(collection, id);
  database_.prepare("INSERT INTO points (collection, id, payload, vector) VALUES (?, ?, ?, ?)")
      .bind(1, collection)
      .bind(2, id.key())
      .bind(3, payload)
      .bind_blob(4, vector)
      .run();
}

bool PointDatabase::remove(int64_t collection, const PointId& id) {
  int64_t number = 0;
  {
    Statement row = database_.prepare("SELECT number FROM points WHERE collection = ? AND id = ?");
    row.bind(1, collection).bind(2, id.key());
    if (!row.step()) return false;
    number = row.integer(0);
  }
  database_.prepare("DELETE FROM points WHERE number = ?").bind(1, number).run();
  database_.prepare("INSERT INTO removals (collection, point) VALUES (?, ?)")
      .bind(1, collection)
      .bind(2, number)
      .run();
  return true;
}

std::optional<ChangePosition> PointDatabase::changes(
    int64_t collection, ChangePosition from,
    const std::function<void(int64_t, std::string_view, std::string_view)>& on_point,
    const std::function<void(int64_t)>& on_removal) {
  const sqlite::ReadTransaction one_moment(database_);
  {
    Statement row = database_.prepare("SELECT pruned FROM collections WHERE number = ?");
    row.bind(1, collection);
    if (row.step() && row.integer(0) > from.removal && from.point > 0) return std::nullopt;
  }
  ChangePosition reached = from;
  {
    Statement rows = database_.prepare(
        "SELECT number, payload, vector FROM points WHERE collection = ? AND number > ? "
        "ORDER BY number");
    rows.bind(1, collection).bind(2, from.point);
    while (rows.step()) {
      reached.point = rows.integer(0);
      on_point(reached.point, rows.view(1), rows.view(2));
    }
  }
  Statement rows = database_.prepare(
      "SELECT sequence, point FROM removals WHERE collection = ? AND sequence > ? "
      "ORDER BY sequence");
  rows.bind(1, collection).bind(2, from.removal);
  while (rows.step()) {
    reached.removal = rows.integer(0);
    on_removal(rows.integer(1));
  }
  return reached;
}

std::optional<PointDatabase::Point> PointDatabase::point(int64_t number, bool with_vector) {
  Statement row = database_.prepare(
      with_vector ? "SELECT number, id, payload, vector FROM points WHERE number = ?"
                  : "SELECT number, id, payload, '' FROM points WHERE number = ?");
  row.bind(1, number);
  if (!row.step()) return std::nullopt;
  return Point{row.integer(0), PointId::from_key(row.text(1)), row.text(2), row.text(3)};
}

std::optional<PointDatabase::Point> PointDatabase::point(int64_t collection, const PointId& id,
                                                         bool with_vector) {
  Statement row = database_.prepare(
      with_vector ? "SELECT number, id, payload, vector FROM points WHERE collection = ? AND id = ?"
                  : "SELECT number, id, payload, '' FROM points WHERE collection = ? AND id = ?");
  row.bind(1, collection).bind(2, id.key());
  if (!row.step()) return std::nullopt;
  return Point{row.integer(0), PointId::from_key(row.text(1)), row.text(2), row.text(3)};
}

void PointDatabase::ids_from(int64_t collection, const PointId& from,
                             const std::function<bool(int64_t, const PointId&)>& next) {
  Statement rows = database_.prepare(
      "SELECT number, id FROM points WHERE collection = ? AND id >= ? ORDER BY id");
  rows.bind(1, collection).bind(2, from.key());
  while (rows.step()) {
    if (!next(rows.integer(0), PointId::from_key(rows.text(1)))) return;
  }
}

size_t PointDatabase::count(int64_t collection) {
  Statement row = database_.prepare("SELECT count(*) FROM points WHERE collection = ?");
  row.bind(1, collection);
  row.step();
  return static_cast<size_t>(row.integer(0));
}

}  // namespace twin::vectors
