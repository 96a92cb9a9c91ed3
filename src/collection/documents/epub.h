#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collection/documents/document_reading.h"

namespace twin {

// The name and version of what reads the chapters of EPUB books.
inline constexpr std::string_view kEpubExtractor = "epub/1";

// One chapter: a part of the reading order that the table of contents names, with the parts behind
// it that it does not name. Where there is no such table each part is a chapter.
struct EpubChapter {
  std::string path;      // of its first part in the book
  std::string title;     // by the table of contents, else its first heading; may be empty
  std::string raw;       // the bytes of its parts, one after another
  std::string markdown;  // empty where `refused` is not
  std::string refused;   // why it is none of the book's text: "table of contents", "no text", ...
};

struct EpubBook {
  std::string title, language, date;
  std::vector<std::string> bylines;
  std::vector<EpubChapter> chapters;
};

// The bytes of a part of the book, by its path; none where there is no such part.
using EpubPart = std::function<std::optional<std::string>(const std::string& path)>;

// Reads an EPUB 2 or 3: container, package, reading order, navigation (nav or NCX). Cover, title
// page, contents, copyright page and what is outside the reading order are refused, chapter by
// chapter. Source: EPUB 3.3; OPF 2.0.1. Errors: kBadInput where the book is broken or protected by
// DRM.
EpubBook read_epub(const EpubPart& part, const std::string& where);

}  // namespace twin
