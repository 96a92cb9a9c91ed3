#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace twin {

// What a paragraph is by its style.
enum class DocxRole { kBody, kHeading, kQuote, kCode, kContents };

struct DocxStyle {
  DocxRole role = DocxRole::kBody;
  int level = 0;            // of a heading, from 1
  std::string number_id;    // of a list, empty if none
  size_t number_level = 0;  // from 0
};

// word/styles.xml: what its styles mean, inherited ones too. An empty text has none.
// Source: ECMA-376, part 1, 17.7. Errors: kBadInput for broken XML.
std::map<std::string, DocxStyle> read_docx_styles(std::string_view xml, const std::string& where);

// word/numbering.xml: which levels of which lists are numbered, and from what.
struct DocxLevel {
  bool numbered = false;
  int start = 1;
};
using DocxNumbering = std::map<std::string, std::vector<DocxLevel>>;  // by w:numId
DocxNumbering read_docx_numbering(std::string_view xml, const std::string& where);

}  // namespace twin
