#pragma once

#include <string>
#include <string_view>

#include "collection/documents/document_reading.h"

namespace twin {

// The name and version of what reads PDF files.
inline constexpr std::string_view kPdfExtractor = "pdf/1";

struct PdfLimits {
  int max_pages = 5000;
  double max_seconds = 120;  // looked at between pages
};

// Reads a PDF as Markdown: poppler's lines in its reading order, put together to paragraphs
// (pdf_paragraphs.h). Errors: kBadInput where it is broken, protected by a password, has no text
// (a scan) or passes a limit.
DocumentReading read_pdf(std::string_view bytes, const std::string& where,
                         const PdfLimits& limits = {});

}  // namespace twin
