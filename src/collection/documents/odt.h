#pragma once

#include <string>
#include <string_view>

#include "collection/documents/document_reading.h"

namespace twin {

// The name and version of what reads OpenDocument texts.
inline constexpr std::string_view kOdtExtractor = "odt/1";

struct OdtParts {
  std::string content;  // content.xml
  std::string styles;   // styles.xml, empty where there is none
  std::string meta;     // meta.xml, empty where there is none
};

// Reads an OpenDocument text as Markdown: headings, lists with their numbers, quotations, emphasis,
// links, tables, notes. Tracked changes: what was deleted is left out, as are comments, tables of
// contents, headers and footers. The byline is who made the document, not who saved it last.
// Source: OpenDocument 1.3, part 3. Errors: kBadInput for broken XML, or where there is no text.
DocumentReading read_odt(const OdtParts& parts, const std::string& where);

}  // namespace twin
