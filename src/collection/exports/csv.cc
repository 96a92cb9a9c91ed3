#include "collection/exports/csv.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "text/unicode.h"

namespace twin {
namespace {

constexpr size_t kRowsBeforeHeader = 10;

std::string trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

class CsvReader {
 public:
  CsvReader(std::string_view text, std::string_view where, const CsvOptions& options)
      : text_(text), where_(where), options_(options) {
    if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;
  }

  std::vector<CsvRow> read() {
    std::vector<CsvRow> rows;
    while (at_ < text_.size()) {
      CsvRow row;
      row.range.begin = at_;
      do {
        if (++fields_ > options_.max_fields) {
          fail(at_, fmt::format("more than {} fields", options_.max_fields));
        }
        row.fields.push_back(field());
      } while (take(','));
      row.range.end = at_;
      take('\r');
      take('\n');
      const bool blank = row.fields.size() == 1 && row.range.begin == row.range.end;
      if (!blank) rows.push_back(std::move(row));
    }
    return rows;
  }

 private:
  [[noreturn]] void fail(size_t at, const std::string& what) const {
    const auto line =
        std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at), '\n');
    throw Error(ErrorCode::kBadInput, fmt::format("{}: line {}: {}", where_, line + 1, what));
  }

  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::string field() {
    std::string value;
    if (at_ < text_.size() && text_[at_] == '"') quoted(value);
    const size_t end = std::min(text_.find_first_of(",\r\n", at_), text_.size());
    value += text_.substr(at_, end - at_);
    at_ = end;
    return value;
  }

  void quoted(std::string& value) {
    const size_t open = at_++;
    for (;;) {
      const size_t mark =
          options_.backslash_quotes ? text_.find_first_of("\"\\", at_) : text_.find('"', at_);
      if (mark == std::string_view::npos) fail(open, "a quote that is never closed");
      value += text_.substr(at_, mark - at_);
      at_ = mark + 1;
      const bool quote_follows = at_ < text_.size() && text_[at_] == '"';
      if (text_[mark] == '\\' && !quote_follows) value += '\\';
      if (quote_follows) {
        value += '"';
        ++at_;
      } else if (text_[mark] == '"') {
        return;
      }
    }
  }

  std::string_view text_, where_;
  CsvOptions options_;
  size_t at_ = 0, fields_ = 0;
};

}  // namespace

std::vector<CsvRow> read_csv(std::string_view text, std::string_view where,
                             const CsvOptions& options) {
  return CsvReader(text, where, options).read();
}

CsvTable::CsvTable(std::string_view text, std::string_view where,
                   const std::vector<std::string_view>& needed, const CsvOptions& options)
    : rows_(read_csv(text, where, options)) {
  for (size_t i = 0; i < std::min(rows_.size(), kRowsBeforeHeader); ++i) {
    columns_.clear();
    const std::vector<std::string>& names = rows_[i].fields;
    for (size_t c = 0; c < names.size(); ++c) columns_.emplace(lower(trimmed(names[c])), c);
    const bool all = std::all_of(needed.begin(), needed.end(), [&](std::string_view name) {
      return columns_.count(lower(name)) > 0;
    });
    if (!all) continue;
    rows_.erase(rows_.begin(), rows_.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    return;
  }
  throw Error(ErrorCode::kBadInput,
              fmt::format("{}: no header with the columns {}", where, fmt::join(needed, ", ")));
}

const std::string& CsvTable::field(const CsvRow& row, std::string_view column) const {
  static const std::string kNone;
  const auto found = columns_.find(lower(column));
  if (found == columns_.end() || found->second >= row.fields.size()) return kNone;
  return row.fields[found->second];
}

}  // namespace twin
