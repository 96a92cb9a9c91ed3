#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "domain/byte_range.h"

namespace twin {

struct CsvRow {
  ByteRange range;  // of the text: the record as it stands, its line break left out
  std::vector<std::string> fields;
};

struct CsvOptions {
  bool backslash_quotes = false;  // \" within quotes is a quote too, as LinkedIn writes it
  size_t max_fields = 20'000'000;
};

// The records of a CSV text (RFC 4180: quotes, doubled quotes, commas and line breaks within
// quotes; CRLF, LF or CR end a record; a byte order mark may precede). Quotes elsewhere are text.
// Blank lines are no records. Hostile input. Errors: kBadInput with `where` and the line where a
// quote is never closed or there are too many fields.
std::vector<CsvRow> read_csv(std::string_view text, std::string_view where,
                             const CsvOptions& options = {});

// Records under the names of their columns.
class CsvTable {
 public:
  // The header is the first of the first ten records that has all of `needed` (ASCII case does not
  // count): exports put notes before it. Errors: as read_csv(), and kBadInput where there is none.
  CsvTable(std::string_view text, std::string_view where,
           const std::vector<std::string_view>& needed, const CsvOptions& options = {});

  const std::vector<CsvRow>& rows() const { return rows_; }
  // The field of that column; empty where the record or the table has none.
  const std::string& field(const CsvRow& row, std::string_view column) const;

 private:
  std::map<std::string, size_t> columns_;  // by lower-case name
  std::vector<CsvRow> rows_;
};

}  // namespace twin
