#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collection/archive/archive.h"

namespace twin {

// The files of an export: in the archive it was downloaded as, in the folder that was unpacked to,
// or one file alone. Their order is the order in which they are read quickest. Not thread-safe.
class ExportSource {
 public:
  struct File {
    std::string path;     // below the export, '/' between its parts
    std::string refused;  // why it cannot be read, else empty
    bool used = false;    // some format has read it or said what became of it
  };

  virtual ~ExportSource() = default;

  // The archive's or folder's absolute path: what its items are named after.
  const std::string& where() const { return where_; }
  const std::vector<File>& files() const { return files_; }
  virtual bool packed() const { return false; }
  // Why there may be more that cannot be read; empty for a sound one.
  virtual std::string damage() const { return {}; }

  // The file's identity as an item: the absolute path it would have if the archive were a folder.
  std::string item(size_t file) const;
  void mark_used(size_t file) { files_[file].used = true; }

  // Its index; none where there is no such file.
  std::optional<size_t> find(std::string_view path) const;
  // The folder (with its '/', or empty) in which `name` stands, at most two levels deep: exports
  // are packed with and without a folder around them. The outermost, then the first.
  std::optional<std::string> root_of(std::string_view name) const;
  // Files whose path begins with one and ends with the other, in order.
  std::vector<size_t> matching(std::string_view prefix, std::string_view suffix) const;

  // All bytes, and marks it used. Errors: Refusal, Error(kBadInput).
  std::string read(size_t file, uint64_t max_bytes);
  // The first bytes; empty where they cannot be read.
  std::string head(size_t file, size_t bytes);
  // The source that an archive among the files is.
  virtual std::unique_ptr<ExportSource> nested(size_t file) = 0;

 protected:
  explicit ExportSource(std::string where) : where_(std::move(where)) {}
  virtual std::string bytes(size_t file, uint64_t max_bytes) = 0;
  virtual std::string first_bytes(size_t file, size_t count) = 0;

  std::string where_;
  std::vector<File> files_;
};

// Opens an archive (by its first bytes), a folder, or a file alone. Files in a folder that are
// links are listed as refused; folders that are links are not entered. Errors: Refusal where an
// archive cannot be read at all; Error(kBadInput) where the path cannot be opened.
std::unique_ptr<ExportSource> open_export_source(const std::filesystem::path& path);

}  // namespace twin
