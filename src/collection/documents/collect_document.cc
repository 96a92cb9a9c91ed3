#include "collection/documents/collect_document.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "base/error.h"
#include "base/files.h"
#include "base/progress.h"
#include "collection/archive/archive.h"
#include "collection/documents/docx.h"
#include "collection/documents/epub.h"
#include "collection/documents/odt.h"
#include "collection/documents/pdf.h"
#include "text/markdown.h"
#include "text/unicode.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

constexpr size_t kBeginningBytes = 2048;
constexpr uint64_t kMaxPartBytes = uint64_t{64} << 20;  // unpacked, of one part of a document

std::string beginning_of(const fs::path& file) {
  std::error_code error;
  if (!fs::is_regular_file(file, error)) return {};
  std::string bytes(kBeginningBytes, '\0');
  std::ifstream stream(file, std::ios::binary);
  stream.read(bytes.data(), kBeginningBytes);
  bytes.resize(static_cast<size_t>(stream.gcount()));
  return bytes;
}

// EPUB and OpenDocument put a part "mimetype", not packed, first; Word's documents are told by the
// names of their parts.
DocumentKind kind_of_zip(const fs::path& file, std::string_view beginning) {
  const auto says = [&](std::string_view type) {
    return beginning.find("mimetype" + std::string(type)) != std::string_view::npos;
  };
  if (says("application/epub+zip")) return DocumentKind::kEpub;
  if (says("application/vnd.oasis.opendocument.text")) return DocumentKind::kOdt;
  try {
    Archive archive(file);
    if (archive.find("word/document.xml") && archive.find("[Content_Types].xml")) {
      return DocumentKind::kDocx;
    }
    if (archive.find("META-INF/container.xml") && archive.find("mimetype")) {
      return DocumentKind::kEpub;
    }
  } catch (const Refusal&) {  // for whoever reads archives to tell
  }
  return DocumentKind::kNone;
}

// A part of a document in a zip; none where it has no such part.
std::optional<std::string> part_of(Archive& archive, const std::string& path) {
  const auto member = archive.find(path);
  if (!member) return std::nullopt;
  return archive.read(*member, kMaxPartBytes);
}

DocumentReading read_docx_file(Archive& archive, const std::string& where) {
  const auto part = [&](const char* path) { return part_of(archive, path).value_or(""); };
  return read_docx({part("word/document.xml"), part("word/_rels/document.xml.rels"),
                    part("word/styles.xml"), part("word/numbering.xml"), part("word/footnotes.xml"),
                    part("word/endnotes.xml"), part("docProps/core.xml")},
                   where);
}

DocumentReading read_odt_file(Archive& archive, const std::string& where) {
  // A document behind a password says so in its manifest; its parts are not XML then.
  const std::string manifest = part_of(archive, "META-INF/manifest.xml").value_or("");
  if (manifest.find("encryption-data") != std::string::npos) {
    throw Refusal{"failed", "an ODT with a password; save it without one"};
  }
  const auto part = [&](const char* path) { return part_of(archive, path).value_or(""); };
  return read_odt({part("content.xml"), part("styles.xml"), part("meta.xml")}, where);
}

std::string first_heading(std::string_view markdown) {
  for (const Block& block : markdown_blocks(markdown)) {
    if (block.kind == BlockKind::kHeading && !block.heading_text.empty()) return block.heading_text;
    if (block.kind == BlockKind::kParagraph) break;
  }
  return {};
}

std::string words_of_name(const fs::path& file) {
  std::string name = file.stem().string();
  std::replace(name.begin(), name.end(), '-', ' ');
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

class DocumentCollector {
 public:
  DocumentCollector(Collector& collector, const fs::path& file, uint64_t max_file_bytes)
      : collector_(collector),
        file_(file),
        where_(file.string()),
        max_file_bytes_(max_file_bytes) {}

  void run(DocumentKind kind) {
    if (kind == DocumentKind::kRtf) {
      throw Refusal{"failed", "RTF is not read; save it as DOCX or ODT"};
    }
    if (kind == DocumentKind::kOldWord) {
      throw Refusal{
          "failed",
          "a Word file of before 2007 or one with a password; save it as DOCX without one"};
    }
    check_size();
    const std::string bytes = read_file(file_, max_file_bytes_);
    if (kind == DocumentKind::kPdf) {
      return keep(bytes, read_pdf(bytes, where_), kPdfExtractor, "application/pdf");
    }
    Archive archive(bytes, file_.filename().string());
    if (!archive.damage().empty()) throw Refusal{"failed", archive.damage()};
    if (kind == DocumentKind::kDocx) {
      return keep(bytes, read_docx_file(archive, where_), kDocxExtractor,
                  "application/vnd.openxmlformats-officedocument.wordprocessingml.document");
    }
    if (kind == DocumentKind::kOdt) {
      return keep(bytes, read_odt_file(archive, where_), kOdtExtractor,
                  "application/vnd.oasis.opendocument.text");
    }
    keep_chapters(archive);
  }

 private:
  void check_size() const {
    if (const uintmax_t size = fs::file_size(file_); size > max_file_bytes_) {
      throw Refusal{"skipped", fmt::format("{}, more than the limit of {} (collect.max_file_bytes)",
                                           format_bytes(static_cast<double>(size)),
                                           format_bytes(static_cast<double>(max_file_bytes_)))};
    }
  }

  void keep(const std::string& bytes, DocumentReading reading, std::string_view extractor,
            const char* media_type) {
    if (reading.markdown.empty()) throw Refusal{"skipped", "a document without text"};
    RawDocument document;
    document.raw = bytes;
    document.media_type = media_type;
    document.extractor = extractor;
    document.verbatim = std::move(reading.markdown);
    document.title = reading.title;
    if (document.title.empty()) document.title = first_heading(document.verbatim);
    if (document.title.empty()) document.title = words_of_name(file_);
    document.date = reading.date;
    document.language = reading.language;
    document.bylines = reading.bylines;
    document.platform = "files";
    collector_.keep(std::move(document), where_);
  }

  void keep_chapters(Archive& archive) {
    EpubBook book =
        read_epub([&](const std::string& path) { return part_of(archive, path); }, where_);
    size_t kept = 0;
    for (EpubChapter& chapter : book.chapters) {
      const std::string source = where_ + "#" + chapter.path;
      if (!chapter.refused.empty()) {
        collector_.refuse(source, {"skipped", chapter.refused});
        continue;
      }
      RawDocument document;
      document.raw = std::move(chapter.raw);
      document.media_type = "application/xhtml+xml";
      document.extractor = kEpubExtractor;
      document.verbatim = std::move(chapter.markdown);
      document.title = chapter.title.empty() ? book.title : chapter.title;
      if (document.title != book.title) document.subtitle = book.title;
      document.date = book.date;
      document.language = book.language;
      document.bylines = book.bylines;
      document.platform = "files";
      collector_.keep(std::move(document), source);
      ++kept;
    }
    collector_.store().put_item(
        {where_, "read", fmt::format("a book, {} chapters", kept), "", collector_.now()});
  }

  Collector& collector_;
  const fs::path& file_;
  std::string where_;
  uint64_t max_file_bytes_;
};

}  // namespace

DocumentKind document_kind(const fs::path& file) {
  const std::string beginning = beginning_of(file);
  const std::string suffix = lower(file.extension().string());
  if (beginning.starts_with("PK\x03\x04")) return kind_of_zip(file, beginning);
  if (beginning.starts_with("{\\rtf")) return DocumentKind::kRtf;
  if (beginning.starts_with("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")) {
    const bool word = suffix == ".doc" || suffix == ".docx" || suffix == ".dot";
    return word ? DocumentKind::kOldWord : DocumentKind::kNone;
  }
  // Readers look for it within the first 1,024 bytes; text that only mentions it is no PDF.
  const size_t mark = beginning.substr(0, 1024).find("%PDF-");
  if (mark == 0 || (mark != std::string::npos && suffix == ".pdf")) return DocumentKind::kPdf;
  return DocumentKind::kNone;
}

bool collect_document(Collector& collector, const fs::path& file, uint64_t max_file_bytes) {
  const DocumentKind kind = document_kind(file);
  if (kind == DocumentKind::kNone) return false;
  collector.attempt(file.string(),
                    [&] { DocumentCollector(collector, file, max_file_bytes).run(kind); });
  return true;
}

}  // namespace twin
