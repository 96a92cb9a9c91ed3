#include "collection/documents/epub.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "collection/documents/epub_package.h"
#include "collection/documents/xml_reader.h"
#include "text/html.h"
#include "text/markdown.h"
#include "text/unicode.h"

namespace twin {
namespace {

// Fonts may be obfuscated in a book that anybody can read.
bool is_font_algorithm(std::string_view algorithm) {
  return algorithm == "http://www.idpf.org/2008/embedding" ||
         algorithm == "http://ns.adobe.com/pdf/enc#RC";
}

void refuse_protected(const EpubPart& part, const std::string& where) {
  bool is_protected = part("META-INF/rights.xml").has_value() ||
                      part("META-INF/sinf.xml").has_value() ||
                      part("META-INF/license.lcpl").has_value();
  if (const auto encryption = part("META-INF/encryption.xml")) {
    XmlReader reader(*encryption, where + ": META-INF/encryption.xml");
    if (reader.open()) {
      reader.each_named("EncryptedData", [&] {
        reader.each_child([&] {
          if (reader.is("EncryptionMethod") && !is_font_algorithm(reader.attribute("Algorithm"))) {
            is_protected = true;
          }
        });
      });
    }
  }
  if (is_protected) {
    throw Error(ErrorCode::kBadInput,
                where + ": protected by DRM; take the file you published from, or one without it");
  }
}

std::string package_path(const EpubPart& part, const std::string& where) {
  const auto container = part("META-INF/container.xml");
  if (!container) {
    throw Error(ErrorCode::kBadInput, where + ": an EPUB without META-INF/container.xml");
  }
  std::string path;
  XmlReader reader(*container, where + ": META-INF/container.xml");
  if (reader.open()) {
    reader.each_named("rootfile", [&] {
      if (path.empty()) path = epub_path("", reader.attribute("full-path"));
    });
  }
  if (path.empty()) throw Error(ErrorCode::kBadInput, where + ": an EPUB without a package");
  return path;
}

// What a part is by its guide entry or by epub:type of its body, where it is none of the text.
std::string matter_of(const EpubPackage::Part& part, std::string_view html) {
  struct Matter {
    std::string_view type;
    const char* reason;
  };
  static constexpr Matter kMatters[] = {
      {"cover", "cover"},           {"titlepage", "title page"},
      {"title-page", "title page"}, {"copyright-page", "copyright page"},
      {"toc", "table of contents"}, {"loi", "list of illustrations"},
      {"lot", "list of tables"},    {"index", "index"},
      {"imprint", "imprint"},       {"colophon", "colophon"}};
  if (!part.linear) return "outside the reading order";
  std::string type = part.role;
  if (type.empty()) {
    const size_t body = html.find("<body");
    const std::string_view tag = html.substr(std::min(body, html.size()), 4096);
    const size_t at = tag.find("epub:type=\"");
    // On the body, or on the one section in it.
    if (at != std::string_view::npos && at < 400) {
      type = tag.substr(at + 11, tag.find('"', at + 11) - at - 11);
    }
  }
  for (const Matter& matter : kMatters) {
    for (size_t at = type.find(matter.type); at != std::string::npos;
         at = type.find(matter.type, at + 1)) {
      const size_t end = at + matter.type.size();
      const bool whole =
          (at == 0 || type[at - 1] == ' ') && (end == type.size() || type[end] == ' ');
      if (whole) return matter.reason;
    }
  }
  return {};
}

std::string first_heading(std::string_view markdown) {
  for (const Block& block : markdown_blocks(markdown)) {
    if (block.kind == BlockKind::kHeading && !block.heading_text.empty()) return block.heading_text;
    if (block.kind == BlockKind::kParagraph) break;
  }
  return {};
}

}  // namespace

EpubBook read_epub(const EpubPart& part, const std::string& where) {
  refuse_protected(part, where);
  const std::string path = package_path(part, where);
  const auto opf = part(path);
  if (!opf) {
    throw Error(ErrorCode::kBadInput,
                fmt::format("{}: an EPUB whose package {} is missing", where, path));
  }
  const EpubPackage package = read_epub_package(*opf, path, where);
  EpubContents contents;
  if (!package.nav.empty()) {
    if (const auto nav = part(package.nav)) contents = read_nav(*nav, package.nav, where);
  }
  if (contents.empty() && !package.ncx.empty()) {
    if (const auto ncx = part(package.ncx)) contents = read_ncx(*ncx, package.ncx, where);
  }
  EpubBook book{package.title, package.language, package.date, package.creators, {}};
  bool open = false;  // the last chapter may go on
  for (const EpubPackage::Part& entry : package.parts) {
    const auto html = part(entry.path);
    const auto named = contents.find(entry.path);
    EpubChapter chapter;
    chapter.path = entry.path;
    if (named != contents.end()) chapter.title = named->second;
    if (!html) {
      chapter.refused = "missing in the book";
    } else if (entry.path == package.nav) {
      chapter.refused = "table of contents";
      chapter.raw = *html;
    } else {
      chapter.raw = *html;
      chapter.refused = matter_of(entry, *html);
    }
    if (chapter.refused.empty()) {
      chapter.markdown =
          html_to_markdown(replace_invalid_utf8(*html), where + ": " + entry.path).markdown;
      if (chapter.markdown.empty()) chapter.refused = "no text";
    }
    const bool goes_on = open && named == contents.end() && !contents.empty();
    if (goes_on && chapter.refused.empty()) {
      book.chapters.back().raw += chapter.raw;
      book.chapters.back().markdown += '\n' + chapter.markdown;
      continue;
    }
    if (chapter.refused.empty()) open = true;
    if (!chapter.refused.empty() && named != contents.end()) open = false;
    book.chapters.push_back(std::move(chapter));
    // A refused part in between ends the chapter: what follows is not its text for sure.
    open = book.chapters.back().refused.empty();
  }
  for (EpubChapter& chapter : book.chapters) {
    if (chapter.title.empty()) chapter.title = first_heading(chapter.markdown);
  }
  return book;
}

}  // namespace twin
