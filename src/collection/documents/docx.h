#pragma once

#include <string>
#include <string_view>

#include "collection/documents/document_reading.h"

namespace twin {

// The name and version of what reads Word's documents.
inline constexpr std::string_view kDocxExtractor = "docx/1";

// The parts of a .docx that are read; empty where the file has none.
struct DocxParts {
  std::string document;       // word/document.xml
  std::string relationships;  // word/_rels/document.xml.rels: where links lead
  std::string styles, numbering, footnotes, endnotes;
  std::string core;  // docProps/core.xml
};

// Reads a Word document as Markdown: headings, lists with their numbers, quotations, emphasis,
// links, tables, footnotes, text boxes. Of tracked changes what was inserted is read and what was
// deleted is not; comments, headers, footers, hidden text and tables of contents are left out.
// Source: ECMA-376, part 1. Errors: kBadInput for broken XML, or where there is no text body.
DocumentReading read_docx(const DocxParts& parts, const std::string& where);

// Title, creator, date and language of docProps/core.xml, as Dublin Core has them.
void read_core_properties(std::string_view xml, const std::string& where, DocumentReading& reading);

}  // namespace twin
