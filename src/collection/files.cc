#include "collection/files.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "collection/collector.h"
#include "collection/documents/collect_document.h"
#include "collection/exports/exports.h"
#include "collection/file_text.h"
#include "collection/mail/collect_mail.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

class FileCollector {
 public:
  FileCollector(Collector& collector, const FileOptions& options)
      : collector_(collector), options_(options) {
    exports_.names = options.own_names;
    exports_.max_file_bytes = options.max_file_bytes;
  }

  void run(const std::vector<fs::path>& paths) {
    for (const fs::path& path : paths) {
      std::error_code error;
      if (!fs::exists(path, error)) {
        throw Error(ErrorCode::kUsage, fmt::format("{}: no such file or folder", path.string()));
      }
      // An EPUB is an archive of HTML too: what it is goes before how it is packed.
      const bool document = document_kind(path) != DocumentKind::kNone;
      if (document || !collect_export(collector_, path, exports_)) {
        find(fs::absolute(path).lexically_normal());
      }
    }
    std::sort(files_.begin(), files_.end());
    files_.erase(std::unique(files_.begin(), files_.end()), files_.end());
    Context& context = collector_.context();
    const auto bar = context.progress.start("collect", files_.size());
    size_t done = 0;
    for (const fs::path& file : files_) {
      stop_if_interrupted(context);
      collect(file);
      bar->update(++done, file.filename().string());
    }
    bar->finish();
    collect_mail(collector_, mail_, {options_.mail_addresses, options_.max_file_bytes});
  }

 private:
  void collect(const fs::path& file) {
    if (collect_document(collector_, file, options_.max_file_bytes)) return;
    if (may_be_export_name(file) && collect_export(collector_, file, exports_)) return;
    if (const auto source = mail_source(file)) {
      // Read last, all of it together: who the author is in one mailbox may stand in another.
      mail_.push_back(*source);
      return;
    }
    collector_.attempt(file.string(), [&] { collector_.keep(read(file), file.string()); });
  }

  // Lists the files below `path`, each real folder once.
  void find(const fs::path& path) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      files_.push_back(path);
      return;
    }
    if (!visited_.insert(fs::canonical(path, error)).second) {
      return note(path, "skipped", "a link to a folder that was already visited");
    }
    if (is_maildir(path)) return mail_.push_back({MailSourceKind::kMaildir, path});
    std::vector<fs::path> entries;
    for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
      entries.push_back(it->path());
    }
    if (error) return note(path, "failed", fmt::format("cannot be read: {}", error.message()));
    // In an order of our own, links last: a folder is known by its own name, not by a link's.
    std::sort(entries.begin(), entries.end());
    std::stable_partition(entries.begin(), entries.end(), [](const fs::path& entry) {
      std::error_code ignored;
      return !fs::is_symlink(entry, ignored);
    });
    for (const fs::path& entry : entries) {
      if (!entry.filename().string().starts_with('.')) {
        find(entry);
      } else if (fs::is_directory(entry, error)) {
        note(entry, "skipped", "hidden folder");
      } else {
        note(entry, "skipped", "hidden file");
      }
    }
  }

  void note(const fs::path& path, const std::string& state, const std::string& reason) {
    collector_.refuse(path.string(), {state, reason});
  }

  RawDocument read(const fs::path& file) const {
    if (file_kind(file) == FileKind::kOther) {
      throw Refusal{"skipped", "not a kind of text that is collected"};
    }
    std::error_code error;
    if (!fs::is_regular_file(file, error)) throw Refusal{"skipped", "not a regular file"};
    if (const uintmax_t size = fs::file_size(file, error);
        !error && size > options_.max_file_bytes) {
      throw Refusal{"skipped",
                    fmt::format("{}, more than the limit of {} (collect.max_file_bytes)",
                                format_bytes(static_cast<double>(size)),
                                format_bytes(static_cast<double>(options_.max_file_bytes)))};
    }
    return read_file_text(file, read_file(file, options_.max_file_bytes));
  }

  Collector& collector_;
  FileOptions options_;
  ExportOptions exports_;
  std::vector<fs::path> files_;
  std::vector<MailSource> mail_;
  std::set<fs::path> visited_;
};

}  // namespace

CollectionReport collect_files(Context& context, DocumentStore& store, const Author& author,
                               const std::vector<fs::path>& paths, const FileOptions& options) {
  Collector collector(context, store, author);
  FileCollector(collector, options).run(paths);
  return collector.report();
}

}  // namespace twin
