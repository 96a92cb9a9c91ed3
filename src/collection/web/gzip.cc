#include "collection/web/gzip.h"

#include <archive.h>
#include <fmt/format.h>

#include <memory>
#include <vector>

#include "base/error.h"

namespace twin {
namespace {

struct FreeArchive {
  void operator()(archive* reader) const { archive_read_free(reader); }
};

[[noreturn]] void refuse(std::string_view where, std::string_view what) {
  throw Error(ErrorCode::kBadInput, fmt::format("{}: {}", where, what));
}

}  // namespace

bool is_gzip(std::string_view bytes) { return bytes.starts_with("\x1f\x8b"); }

std::string gunzip(std::string_view bytes, std::string_view where, size_t max_bytes) {
  const std::unique_ptr<archive, FreeArchive> reader(archive_read_new());
  if (!reader) throw std::bad_alloc();
  archive_read_support_filter_gzip(reader.get());
  archive_read_support_format_raw(reader.get());
  archive_entry* entry = nullptr;
  if (!is_gzip(bytes) ||
      archive_read_open_memory(reader.get(), bytes.data(), bytes.size()) != ARCHIVE_OK ||
      archive_read_next_header(reader.get(), &entry) != ARCHIVE_OK) {
    refuse(where, "no gzip file, or a broken one");
  }
  std::string content;
  std::vector<char> buffer(size_t{1} << 16);
  while (true) {
    const la_ssize_t size = archive_read_data(reader.get(), buffer.data(), buffer.size());
    if (size < 0) refuse(where, "a broken gzip file");
    if (size == 0) return content;
    if (content.size() + static_cast<size_t>(size) > max_bytes) {
      refuse(where, fmt::format("a gzip file that holds more than {} bytes", max_bytes));
    }
    content.append(buffer.data(), static_cast<size_t>(size));
  }
}

}  // namespace twin
