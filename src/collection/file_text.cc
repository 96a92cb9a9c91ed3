#include "collection/file_text.h"

#include <fmt/format.h>

#include "collection/collector.h"
#include "text/article/article.h"
#include "text/front_matter.h"
#include "text/html.h"
#include "text/markdown.h"
#include "text/unicode.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

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
  document.bylines = front.authors;
  if (document.title.empty()) document.title = first_heading(document.verbatim);
}

void read_html(RawDocument& document) {
  document.media_type = "text/html";
  HtmlReading reading = html_to_markdown(document.raw, document.link);
  if (!reading.publishers_part.empty()) {
    throw Refusal{"skipped", fmt::format("an e-book's {}, which its publisher wrote",
                                         reading.publishers_part)};
  }
  document.extractor = kHtmlExtractor;
  document.verbatim = std::move(reading.markdown);
  document.title = reading.title;
  document.date = reading.date;
  document.language = reading.language;
  if (!reading.author.empty()) document.bylines = {reading.author};
  if (!reading.has_chrome) return;
  ArticleReading article = read_article(document.raw, document.link);
  if (!article.is_article) return;
  document.extractor = kArticleExtractor;
  document.verbatim = std::move(article.markdown);
  document.language = article.language;
}

}  // namespace

FileKind file_kind(const fs::path& path) {
  const std::string extension = lower(path.extension().string());
  if (extension == ".md" || extension == ".markdown" || extension == ".mdown") {
    return FileKind::kMarkdown;
  }
  if (extension == ".html" || extension == ".htm" || extension == ".xhtml") return FileKind::kHtml;
  return extension == ".txt" ? FileKind::kText : FileKind::kOther;
}

RawDocument read_file_text(const fs::path& path, std::string bytes) {
  const FileKind kind = file_kind(path);
  if (kind == FileKind::kOther) throw Refusal{"skipped", "not a kind of text that is collected"};
  check_bytes(bytes);
  RawDocument document;
  document.raw = std::move(bytes);
  document.link = path.string();
  if (kind == FileKind::kMarkdown) read_markdown(document);
  if (kind == FileKind::kHtml) {
    read_html(document);
    if (document.verbatim.empty()) throw Refusal{"skipped", "a page without text"};
  }
  if (kind == FileKind::kText) {
    document.media_type = "text/plain";
    document.verbatim = document.raw;
  }
  const FileName name = read_name(path);
  if (document.title.empty()) document.title = name.words;
  if (document.date.empty()) document.date = name.date;
  document.platform = "files";
  return document;
}

}  // namespace twin
