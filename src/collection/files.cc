#include "collection/files.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "collection/collector.h"
#include "text/html.h"
#include "text/markdown.h"
#include "text/unicode.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

enum class FileKind { kMarkdown, kHtml, kText, kOther };

FileKind kind_of(const fs::path& path) {
  const std::string extension = lower(path.extension().string());
  if (extension == ".md" || extension == ".markdown" || extension == ".mdown") {
    return FileKind::kMarkdown;
  }
  if (extension == ".html" || extension == ".htm" || extension == ".xhtml") return FileKind::kHtml;
  return extension == ".txt" ? FileKind::kText : FileKind::kOther;
}

// Jekyll's "2012-11-26-condorcet-paradox": the date, and the rest in words.
struct FileName {
  std::string date, words;
};
FileName read_name(const fs::path& path) {
  std::string stem = path.stem().string();
  FileName name;
  const auto digit = [&](size_t i) { return i < stem.size() && stem[i] >= '0' && stem[i] <= '9'; };
  bool dated = stem.size() > 11 && stem[4] == '-' && stem[7] == '-' && stem[10] == '-';
  for (size_t i : {0, 1, 2, 3, 5, 6, 8, 9}) dated = dated && digit(i);
  if (dated) {
    name.date = stem.substr(0, 10);
    stem = stem.substr(11);
  }
  for (char c : stem) name.words += c == '-' || c == '_' ? ' ' : c;
  return name;
}

std::string first_heading(std::string_view markdown) {
  for (const Block& block : markdown_blocks(markdown)) {
    if (block.kind == BlockKind::kHeading && !block.heading_text.empty()) return block.heading_text;
    if (block.kind == BlockKind::kParagraph) break;  // a heading further down is no title
  }
  return {};
}

size_t first_invalid_byte(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const CodePoint c = code_point_at(text, i);
    if (c.value == 0xfffd && c.bytes == 1) return i;
    i += c.bytes;
  }
  return text.size();
}

void check_bytes(const std::string& bytes) {
  if (bytes.empty()) throw Refusal{"skipped", "empty"};
  if (bytes.find('\0') != std::string::npos) throw Refusal{"skipped", "binary: holds zero bytes"};
  if (const size_t at = first_invalid_byte(bytes); at < bytes.size()) {
    throw Refusal{"failed",
                  fmt::format("not UTF-8 at byte {}; convert it, for example with iconv", at)};
  }
}

void read_markdown(RawDocument& document) {
  document.media_type = "text/markdown";
  document.verbatim = document.raw;
  const FrontMatter front = front_matter(document.raw);
  document.title = front.title;
  document.date = front.date;
  document.tags = front.tags;
  if (document.title.empty()) document.title = first_heading(document.verbatim);
}

void read_html(RawDocument& document) {
  document.media_type = "text/html";
  HtmlReading reading = html_to_markdown(document.raw, document.link);
  document.extractor = kHtmlExtractor;
  document.verbatim = std::move(reading.markdown);
  document.title = reading.title;
  document.date = reading.date;
  document.language = reading.language;
}

class FileCollector {
 public:
  FileCollector(Collector& collector, const FileOptions& options)
      : collector_(collector), options_(options) {}

  void run(const std::vector<fs::path>& paths) {
    for (const fs::path& path : paths) {
      std::error_code error;
      if (!fs::exists(path, error)) {
        throw Error(ErrorCode::kUsage, fmt::format("{}: no such file or folder", path.string()));
      }
      find(fs::absolute(path).lexically_normal());
    }
    std::sort(files_.begin(), files_.end());
    files_.erase(std::unique(files_.begin(), files_.end()), files_.end());
    Context& context = collector_.context();
    const auto bar = context.progress.start("collect", files_.size());
    size_t done = 0;
    for (const fs::path& file : files_) {
      stop_if_interrupted(context);
      collector_.attempt(file.string(), [&] { collector_.keep(read(file), file.string()); });
      bar->update(++done, file.filename().string());
    }
    bar->finish();
  }

 private:
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
    const FileKind kind = kind_of(file);
    if (kind == FileKind::kOther) throw Refusal{"skipped", "not a kind of text that is collected"};
    std::error_code error;
    if (!fs::is_regular_file(file, error)) throw Refusal{"skipped", "not a regular file"};
    if (const uintmax_t size = fs::file_size(file, error);
        !error && size > options_.max_file_bytes) {
      throw Refusal{"skipped",
                    fmt::format("{}, more than the limit of {} (collect.max_file_bytes)",
                                format_bytes(static_cast<double>(size)),
                                format_bytes(static_cast<double>(options_.max_file_bytes)))};
    }
    RawDocument document;
    document.raw = read_file(file, options_.max_file_bytes);
    check_bytes(document.raw);
    document.link = file.string();
    if (kind == FileKind::kMarkdown) read_markdown(document);
    if (kind == FileKind::kHtml) read_html(document);
    if (kind == FileKind::kHtml && document.verbatim.empty()) {
      throw Refusal{"skipped", "a page without text"};
    }
    if (kind == FileKind::kText) {
      document.media_type = "text/plain";
      document.verbatim = document.raw;
    }
    const FileName name = read_name(file);
    if (document.title.empty()) document.title = name.words;
    if (document.date.empty()) document.date = name.date;
    document.platform = "files";
    return document;
  }

  Collector& collector_;
  FileOptions options_;
  std::vector<fs::path> files_;
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
