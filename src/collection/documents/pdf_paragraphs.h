#pragma once

#include <string>
#include <vector>

namespace twin {

// One printed line. Distances in points (1/72 inch) from the page's top left.
struct PdfLine {
  int page = 0;  // from 0
  double left = 0, right = 0, top = 0, bottom = 0;
  double size = 0;    // of most of its letters
  bool bold = false;  // all of it
  std::string text;
};

// Puts lines, in reading order, together as Markdown:
// - running heads, footers and page numbers, known by recurring at one height of the pages, go;
// - lines of a paragraph are joined, over pages and columns too; a word that was broken at a line's
//   end is one again, with its hyphen only where the text has it so elsewhere;
// - larger or bold lines of their own are headings; lines with bullets or numbers are lists.
std::string pdf_paragraphs(std::vector<PdfLine> lines, int pages);

}  // namespace twin
