#include "collection/exports/export_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "base/error.h"
#include "base/files.h"
#include "base/progress.h"
#include "collection/collector.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxRootDepth = 2;

std::string file_head(const fs::path& file, size_t count) {
  std::string head(count, '\0');
  std::ifstream stream(file, std::ios::binary);
  stream.read(head.data(), static_cast<std::streamsize>(count));
  head.resize(static_cast<size_t>(std::max<std::streamsize>(stream.gcount(), 0)));
  return head;
}

class ArchiveSource : public ExportSource {
 public:
  ArchiveSource(std::string where, Archive archive)
      : ExportSource(std::move(where)), archive_(std::move(archive)) {
    for (const ArchiveMember& member : archive_.members()) {
      files_.push_back({member.path, member.refused});
    }
  }
  bool packed() const override { return true; }
  std::string damage() const override { return archive_.damage(); }
  std::unique_ptr<ExportSource> nested(size_t file) override {
    return std::make_unique<ArchiveSource>(item(file), archive_.nested(file));
  }

 protected:
  std::string bytes(size_t file, uint64_t max_bytes) override {
    return archive_.read(file, max_bytes);
  }
  std::string first_bytes(size_t file, size_t count) override { return archive_.head(file, count); }

 private:
  Archive archive_;
};

class FolderSource : public ExportSource {
 public:
  // A folder and all below it, or one file of it alone.
  FolderSource(const fs::path& folder, const fs::path& alone)
      : ExportSource(folder.string()), folder_(folder) {
    if (!alone.empty()) {
      files_.push_back({alone.filename().string(), ""});
      return;
    }
    std::error_code error;
    for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end;
         it.increment(error)) {
      std::error_code ignored;
      if (it->is_directory(ignored) && !it->is_symlink(ignored)) continue;
      File file{it->path().lexically_relative(folder).generic_string(), ""};
      if (it->is_symlink(ignored)) {
        file.refused = "a link to another file, which is not followed";
      } else if (!it->is_regular_file(ignored)) {
        file.refused = "not a regular file";
      }
      files_.push_back(std::move(file));
    }
    if (error) damage_ = "a folder cannot be read: " + error.message();
    std::sort(files_.begin(), files_.end(),
              [](const File& a, const File& b) { return a.path < b.path; });
  }
  std::string damage() const override { return damage_; }
  std::unique_ptr<ExportSource> nested(size_t file) override {
    return std::make_unique<ArchiveSource>(item(file), Archive(path_of(file)));
  }

 protected:
  std::string bytes(size_t file, uint64_t max_bytes) override {
    if (!files_[file].refused.empty()) throw Refusal{"failed", files_[file].refused};
    std::error_code error;
    const uintmax_t size = fs::file_size(path_of(file), error);
    if (!error && size > max_bytes) {
      throw Refusal{"failed", fmt::format("{}, more than the limit of {}",
                                          format_bytes(static_cast<double>(size)),
                                          format_bytes(static_cast<double>(max_bytes)))};
    }
    return read_file(path_of(file), max_bytes);
  }
  std::string first_bytes(size_t file, size_t count) override {
    return file_head(path_of(file), count);
  }

 private:
  fs::path path_of(size_t file) const { return folder_ / files_[file].path; }

  fs::path folder_;
  std::string damage_;
};

}  // namespace

std::string ExportSource::item(size_t file) const { return where_ + '/' + files_[file].path; }

std::optional<size_t> ExportSource::find(std::string_view path) const {
  for (size_t i = 0; i < files_.size(); ++i) {
    if (files_[i].path == path && files_[i].refused.empty()) return i;
  }
  return {};
}

std::optional<std::string> ExportSource::root_of(std::string_view name) const {
  std::optional<std::string> best;
  size_t best_depth = kMaxRootDepth + 1;
  for (const File& file : files_) {
    const std::string_view path = file.path;
    if (!path.ends_with(name) || !file.refused.empty()) continue;
    const std::string_view root = path.substr(0, path.size() - name.size());
    if (!root.empty() && root.back() != '/') continue;
    const auto depth = static_cast<size_t>(std::count(root.begin(), root.end(), '/'));
    if (depth >= best_depth) continue;
    best = std::string(root);
    best_depth = depth;
  }
  return best;
}

std::vector<size_t> ExportSource::matching(std::string_view prefix, std::string_view suffix) const {
  std::vector<size_t> found;
  for (size_t i = 0; i < files_.size(); ++i) {
    const std::string_view path = files_[i].path;
    if (path.size() >= prefix.size() + suffix.size() && path.starts_with(prefix) &&
        path.ends_with(suffix)) {
      found.push_back(i);
    }
  }
  return found;
}

std::string ExportSource::read(size_t file, uint64_t max_bytes) {
  mark_used(file);
  return bytes(file, max_bytes);
}

std::string ExportSource::head(size_t file, size_t count) {
  try {
    return files_[file].refused.empty() ? first_bytes(file, count) : std::string();
  } catch (const Refusal&) {
    return {};
  }
}

std::unique_ptr<ExportSource> open_export_source(const fs::path& path) {
  const fs::path where = fs::absolute(path).lexically_normal();
  if (fs::is_directory(where)) {
    return std::make_unique<FolderSource>(where.has_filename() ? where : where.parent_path(), "");
  }
  if (archive_kind(file_head(where, kArchiveHeadBytes)) != ArchiveKind::kNone) {
    return std::make_unique<ArchiveSource>(where.string(), Archive(where));
  }
  return std::make_unique<FolderSource>(where.parent_path(), where);
}

}  // namespace twin
