#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace twin {

// A book's package document (OPF).
struct EpubPackage {
  struct Part {
    std::string path;  // in the book
    bool linear = true;
    std::string role;  // of EPUB 2's guide: "cover", "toc", ...; empty where none is given
  };
  std::string title, language, date;
  std::vector<std::string> creators;  // authors alone, where roles are given
  std::vector<Part> parts;            // the reading order
  std::string nav, ncx;               // paths of the tables of contents, empty where there is none
};

// `path`: of the package in the book. Errors: kBadInput for broken XML or an empty reading order.
EpubPackage read_epub_package(std::string_view xml, const std::string& path,
                              const std::string& where);

// Titles of a table of contents by the path of the part they lead to, its first one each.
using EpubContents = std::map<std::string, std::string>;
EpubContents read_ncx(std::string_view xml, const std::string& path, const std::string& where);
EpubContents read_nav(std::string_view html, const std::string& path, const std::string& where);

// A reference in a part to another as a path in the book: percent signs decoded, "..", "#..." gone.
std::string epub_path(std::string_view base, std::string_view reference);

}  // namespace twin
