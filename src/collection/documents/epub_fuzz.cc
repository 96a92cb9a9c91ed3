#include <cstdint>
#include <map>

#include "base/error.h"
#include "collection/documents/epub.h"
#include "text/unicode.h"

// Parts are parted by lines "== PATH". Any parts are read as a book or refused; what is read is
// valid text.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  std::map<std::string, std::string> parts;
  for (size_t at = bytes.find("== "); at != std::string::npos;) {
    const size_t line = bytes.find('\n', at);
    if (line == std::string::npos) break;
    const size_t next = bytes.find("\n== ", line);
    parts[bytes.substr(at + 3, line - at - 3)] =
        bytes.substr(line + 1, next == std::string::npos ? next : next - line);
    at = next == std::string::npos ? next : next + 1;
  }
  try {
    const twin::EpubBook book = twin::read_epub(
        [&](const std::string& path) -> std::optional<std::string> {
          const auto found = parts.find(path);
          if (found == parts.end()) return std::nullopt;
          return found->second;
        },
        "fuzz");
    for (const twin::EpubChapter& chapter : book.chapters) {
      TWIN_CHECK(twin::is_valid_utf8(chapter.markdown));
      TWIN_CHECK(chapter.refused.empty() != chapter.markdown.empty());
    }
  } catch (const twin::Error& error) {
    TWIN_CHECK(error.code() == twin::ErrorCode::kBadInput);
  }
  return 0;
}
