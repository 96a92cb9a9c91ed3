#include <cstdint>

#include "base/error.h"
#include "collection/exports/csv.h"

// Any bytes are records in order, each a range of the text, or refused; what is read and written
// again as RFC 4180 says is read the same.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const bool backslash : {false, true}) {
    try {
      const auto rows = twin::read_csv(text, "fuzz", {backslash, 100'000});
      std::string again;
      size_t end = 0;
      for (const twin::CsvRow& row : rows) {
        TWIN_CHECK(row.range.begin >= end && row.range.end > row.range.begin);
        TWIN_CHECK(row.range.end <= size && !row.fields.empty());
        end = row.range.end;
        for (size_t i = 0; i < row.fields.size(); ++i) {
          again += i > 0 ? ",\"" : "\"";
          for (const char c : row.fields[i]) again.append(c == '"' ? 2 : 1, c);
          again += '"';
        }
        again += '\n';
      }
      const auto reread = twin::read_csv(again, "fuzz");
      TWIN_CHECK(reread.size() == rows.size());
      for (size_t i = 0; i < rows.size(); ++i) TWIN_CHECK(reread[i].fields == rows[i].fields);
    } catch (const twin::Error& error) {
      TWIN_CHECK(error.code() == twin::ErrorCode::kBadInput);
    }
  }
  return 0;
}
