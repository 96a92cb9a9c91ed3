#include "collection/documents/collect_document.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/files.h"
#include "collection/documents/docx.h"
#include "collection/documents/epub.h"
#include "collection/documents/odt.h"
#include "collection/documents/pdf.h"
#include "collection/files.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

const fs::path kGolden = TWIN_SOURCE_DIR "/tests/golden/documents";

class CollectDocument : public ::testing::Test {
 protected:
  CollectDocument()
      : folder_(fs::path(::testing::TempDir()) / fmt::format("twin_document_test_{}", getpid())) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~CollectDocument() override { fs::remove_all(folder_); }

  // Under a name that says nothing: the content tells.
  std::string put(const std::string& name, std::string_view bytes) {
    write_file_atomic(folder_ / name, bytes);
    return (folder_ / name).string();
  }
  std::string put_golden(const std::string& name, const std::string& as) {
    return put(as, read_file(kGolden / name));
  }
  CollectionReport collect() { return collect_files(context_, *store_, author_, {folder_}, {}); }
  RawDocument document(const std::string& source) {
    const auto item = store_->item(source);
    if (!item || item->document_id.empty()) return {};
    return *store_->document(item->document_id);
  }
  std::string state(const std::string& source) {
    const auto item = store_->item(source);
    return item ? item->state + ": " + item->reason : "no item";
  }

  using States = std::map<std::string, size_t>;
  fs::path folder_;
  QuietContext context_;
  Author author_ = author_from_full_name("Ada Lovelace");
  std::unique_ptr<DocumentStore> store_ = open_sqlite_document_store(":memory:");
};

TEST_F(CollectDocument, WordDocumentsAreReadAsMarkdown) {
  const std::string source = put_golden("engine.docx", "a.bin");
  EXPECT_EQ(collect().states, (States{{"new", 1}}));
  const RawDocument found = document(source);
  EXPECT_EQ(found.verbatim, read_file(kGolden / "engine.docx.md"));
  EXPECT_EQ(found.title, "On the Engine");
  EXPECT_EQ(found.date, "2024-03-05T10:11:12Z");
  EXPECT_EQ(found.bylines, std::vector<std::string>{"Ada Lovelace"});
  EXPECT_EQ(found.extractor, kDocxExtractor);
  EXPECT_EQ(found.raw, read_file(kGolden / "engine.docx"));
  EXPECT_EQ(collect().states, (States{{"unchanged", 1}}));
}

TEST_F(CollectDocument, OpenDocumentTextsAreReadAsMarkdown) {
  const std::string source = put_golden("engine.odt", "a.bin");
  EXPECT_EQ(collect().states, (States{{"new", 1}}));
  const RawDocument found = document(source);
  EXPECT_EQ(found.verbatim, read_file(kGolden / "engine.odt.md"));
  EXPECT_EQ(found.title, "On the Engine");
  EXPECT_EQ(found.date, "2024-03-05T10:11:12");
  EXPECT_EQ(found.language, "en-GB");
  EXPECT_EQ(found.bylines, std::vector<std::string>{"Ada Lovelace"}) << "not who saved it last";
  EXPECT_EQ(found.extractor, kOdtExtractor);
}

TEST_F(CollectDocument, BooksGiveADocumentForEachChapter) {
  const std::string source = put_golden("notes.epub", "a.bin");
  EXPECT_EQ(collect().states, (States{{"new", 2}, {"skipped", 1}}));
  const RawDocument first = document(source + "#EPUB/one.xhtml");
  EXPECT_EQ(first.verbatim, "# Note A\n\nThe *first* note.\n\nIt goes on in a second file.\n");
  EXPECT_EQ(first.title, "Note A");
  EXPECT_EQ(first.subtitle, "Notes");
  EXPECT_EQ(first.date, "1843-09-01");
  EXPECT_EQ(first.language, "en");
  EXPECT_EQ(first.bylines, std::vector<std::string>{"Ada Lovelace"}) << "not the illustrator";
  EXPECT_EQ(document(source + "#EPUB/two.xhtml").verbatim,
            "# Note B\n\n> Quoted.\n\nThe second.\n");
  EXPECT_EQ(state(source + "#EPUB/nav.xhtml"), "skipped: table of contents");
  EXPECT_EQ(state(source), "read: a book, 2 chapters");
}

TEST_F(CollectDocument, PdfLinesBecomeParagraphs) {
  const std::string source = put_golden("engine.pdf", "a.bin");
  EXPECT_EQ(collect().states, (States{{"new", 1}}));
  const RawDocument found = document(source);
  EXPECT_EQ(found.verbatim, read_file(kGolden / "engine.pdf.md"));
  EXPECT_EQ(found.title, "On the Engine");
  EXPECT_EQ(found.bylines, std::vector<std::string>{"Ada Lovelace"});
  EXPECT_EQ(found.extractor, kPdfExtractor);
}

TEST_F(CollectDocument, WhatCannotBeReadSaysWhy) {
  const std::string locked = put_golden("locked.pdf", "locked"),
                    scan = put_golden("scan.pdf", "scan");
  const std::string rtf = put("a", "{\\rtf1 x}"),
                    old = put("b.doc", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1");
  const std::string broken = put("c", "%PDF-1.4\nnothing");
  std::string cut = read_file(kGolden / "engine.docx");
  cut.resize(cut.size() / 2);
  put("cut.docx", cut);
  collect();
  EXPECT_NE(state(locked).find("a PDF with a password"), std::string::npos) << state(locked);
  EXPECT_NE(state(scan).find("probably a scan"), std::string::npos) << state(scan);
  EXPECT_EQ(state(rtf), "failed: RTF is not read; save it as DOCX or ODT");
  EXPECT_EQ(state(old).substr(0, 30), "failed: a Word file of before ");
  EXPECT_NE(state(broken).find("a broken PDF"), std::string::npos) << state(broken);
  EXPECT_TRUE(store_->documents().empty());
}

std::string docx(const std::string& body) {
  return "<w:document xmlns:w=\"w\" xmlns:r=\"r\"><w:body>" + body + "</w:body></w:document>";
}

TEST(ReadDocx, NotesBoxesAndFieldsAreRead) {
  DocxParts parts;
  parts.document = docx(
      "<w:p><w:r><w:t>A</w:t></w:r><w:r><w:footnoteReference w:id=\"3\"/></w:r><w:r><w:fldChar "
      "w:fldCharType=\"begin\"/></w:r><w:r><w:instrText>PAGE</w:instrText></w:r><w:r><w:fldChar "
      "w:fldCharType=\"separate\"/></w:r><w:r><w:t> b</w:t></w:r><w:r><w:fldChar "
      "w:fldCharType=\"end\"/></w:r><w:r><w:drawing><x><w:txbxContent><w:p><w:r><w:t>box</w:t></"
      "w:r>"
      "</w:p></w:txbxContent></x></w:drawing></w:r></w:p>"
      "<w:p><w:r><w:t xml:space=\"preserve\">x </w:t><w:br/><w:t>y</w:t></w:r></w:p>");
  parts.footnotes =
      "<w:footnotes xmlns:w=\"w\"><w:footnote w:id=\"0\"><w:p/></w:footnote><w:footnote "
      "w:id=\"3\"><w:p><w:r><w:t>note</w:t></w:r></w:p></w:footnote></w:footnotes>";
  EXPECT_EQ(read_docx(parts, "t").markdown, "A[^1] b\n\nbox\n\nx   \ny\n\n[^1]: note\n");
}

TEST(ReadDocx, HostileXmlIsRefused) {
  DocxParts parts;
  parts.document = "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]>" + docx("&b;");
  EXPECT_THROW(read_docx(parts, "t"), Error);
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<w:sdt>";
  parts.document = docx(deep);
  EXPECT_THROW(read_docx(parts, "t"), Error);
  parts.document = "<w:document xmlns:w=\"w\"/>";
  EXPECT_THROW(read_docx(parts, "t"), Error);
  parts.document = "";
  EXPECT_THROW(read_docx(parts, "t"), Error);
}

TEST(ReadOdt, DeletionsAndCommentsAreLeftOut) {
  OdtParts parts;
  parts.content =
      "<o:document-content xmlns:o=\"o\" xmlns:t=\"t\"><o:body><o:text><t:tracked-changes><t:p>gone"
      "</t:p></t:tracked-changes><t:p>Kept<o:annotation><t:p>comment</t:p></o:annotation><t:s "
      "t:c=\"2\"/>text</t:p></o:text></o:body></o:document-content>";
  EXPECT_EQ(read_odt(parts, "t").markdown, "Kept  text\n");
  parts.content = "<o:document-content xmlns:o=\"o\"/>";
  EXPECT_THROW(read_odt(parts, "t"), Error);
}

TEST(ReadEpub, ProtectedAndBrokenBooksAreRefused) {
  const auto book = [](const std::string& extra, const std::string& content) {
    return read_epub(
        [&](const std::string& path) -> std::optional<std::string> {
          if (path == extra) return content;
          if (path == "META-INF/container.xml" && extra != "no container") {
            return "<container><rootfiles><rootfile full-path=\"a.opf\"/></rootfiles></container>";
          }
          if (path == "a.opf") {
            return "<package><manifest><item id=\"a\" href=\"a%20b.xhtml\"/></manifest><spine>"
                   "<itemref idref=\"a\"/></spine></package>";
          }
          if (path == "a b.xhtml") return "<h1>T</h1><p>x</p>";
          return std::nullopt;
        },
        "t");
  };
  ASSERT_EQ(book("", "").chapters.size(), 1u);
  EXPECT_EQ(book("", "").chapters[0].title, "T");
  EXPECT_THROW(book("no container", ""), Error);
  EXPECT_THROW(book("META-INF/rights.xml", "<x/>"), Error);
  EXPECT_THROW(book("META-INF/encryption.xml",
                    "<e><EncryptedData><EncryptionMethod Algorithm=\"aes\"/></EncryptedData></e>"),
               Error);
  EXPECT_NO_THROW(book("META-INF/encryption.xml",
                       "<e><EncryptedData><EncryptionMethod "
                       "Algorithm=\"http://www.idpf.org/2008/embedding\"/></EncryptedData></e>"));
}

}  // namespace
}  // namespace twin
