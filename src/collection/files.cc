#include "collection/files.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "collection/collector.h"
#include "collection/documents/collect_document.h"
#include "collection/exports/exports.h"
#include "collection/file_text.h"
#include "collection/mail/collect_mail.h"
#include "collection/no_writing.h"
#include "collection/site_folder.h"
#include "text/front_matter.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

constexpr uintmax_t kMostBytesOfANote = 16 << 10;

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
      if (document || !collect_export(collector_, path, exports_, mail_)) {
        find(fs::absolute(path).lexically_normal());
      }
    }
    collect_found();
    collect_mail(collector_, mail_, {options_.mail_addresses, options_.max_file_bytes});
  }

 private:
  void collect_found() {
    if (files_.empty()) return;
    Context& context = collector_.context();
    const auto bar = context.progress.start("collect", files_.size());
    size_t done = 0;
    for (const auto& [file, site] : files_) {
      stop_if_interrupted(context);
      collect(file, site);
      bar->update(++done, file.filename().string());
    }
    bar->finish();
  }

  void collect(const fs::path& file, const SiteFolder* site) {
    if (collect_document(collector_, file, options_.max_file_bytes)) return;
    if (may_be_export_name(file) && collect_export(collector_, file, exports_, mail_)) return;
    if (const auto source = mail_source(file)) {
      // Read last, all of it together: who the author is in one mailbox may stand in another.
      mail_.push_back(*source);
      return;
    }
    collector_.attempt(file.string(), [&] {
      RawDocument document = read(file);
      if (site != nullptr) place_in_site(*site, file, document);
      collector_.keep(std::move(document), file.string());
    });
  }

  // Lists the files below `path`, each real folder once. `site`: that it is part of, or null.
  void find(const fs::path& path, const SiteFolder* site = nullptr) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      if (site != nullptr) {
        if (path == site->configuration()) return;  // read already
        if (const std::string why = site->refusal_of_file(path); !why.empty()) {
          return note(path, "skipped", why);
        }
      }
      files_.emplace(path, site);
      return;
    }
    if (site == nullptr) {
      site = recognise(path);
    } else if (const std::string why = site->refusal_of_folder(path); !why.empty()) {
      return note(path, "skipped", why);
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
        if (const std::string why = why_no_writing(entry); !why.empty()) {
          note(entry, "skipped", why);
        } else {
          find(entry, site);
        }
      } else if (entry.filename() == ".git") {
        note(entry, "skipped", "a Git repository's history: `twin collect --git` reads it");
      } else if (fs::is_directory(entry, error)) {
        note(entry, "skipped", "hidden folder");
      } else {
        note(entry, "skipped", "hidden file");
      }
    }
  }

  // Of a file that was found in a folder; one that is named on the command line is meant.
  static std::string why_no_writing(const fs::path& path) {
    const std::string name = path.filename().string();
    std::error_code error;
    if (file_kind(path) == FileKind::kOther || !fs::is_regular_file(path, error)) return {};
    if (is_licence_name(name)) return kLicenceReason;
    if (!is_source_note_name(name) || fs::file_size(path, error) > kMostBytesOfANote) return {};
    return is_source_note(name, read_file(path, kMostBytesOfANote)) ? kSourceNoteReason : "";
  }

  const SiteFolder* recognise(const fs::path& folder) {
    std::optional<SiteFolder> found = SiteFolder::recognise(folder);
    if (!found) return nullptr;
    sites_.push_back(std::move(*found));
    const SiteFolder& site = sites_.back();
    if (!site.configuration_error().empty()) {
      note(site.configuration(), "failed", site.configuration_error());
    } else if (!site.configuration().empty()) {
      note(site.configuration(), "skipped", "the site's configuration");
    }
    return &site;
  }

  // What the generator makes of a page: its address, its authors, or nothing.
  void place_in_site(const SiteFolder& site, const fs::path& file, RawDocument& document) const {
    const FrontMatter front = front_matter(document.raw);
    if (const std::string why = site.refusal_of_page(file, front); !why.empty()) {
      throw Refusal{"skipped", why};
    }
    document.bylines = site.bylines_of(front);
    const std::string link = site.link_of(file, document, front);
    if (link.empty()) return;
    // The document stays the file's own, wherever the site is moved to.
    document.id = collector_.id_of(file.string());
    document.link = link;
  }

  void note(const fs::path& path, const std::string& state, const std::string& reason) {
    collector_.refuse(path.string(), {state, reason});
  }

  RawDocument read(const fs::path& file) const {
    if (file_kind(file) == FileKind::kOther) {
      if (is_archive_name(file)) throw refusal_of_archive(file);
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
  std::map<fs::path, const SiteFolder*> files_;
  std::deque<SiteFolder> sites_;  // addresses stay
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
