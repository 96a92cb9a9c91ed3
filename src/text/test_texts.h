#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/random.h"

// Texts that the tests of several rooms are run on. Included by tests alone.
namespace twin::test {

inline const std::filesystem::path kSharedData = TWIN_SOURCE_DIR "/../shared/data";
inline const std::filesystem::path kTestData = TWIN_SOURCE_DIR "/tests/data";

// Every file of the shared authors' folders that is a document, in the order of their paths; none
// where the shared data is absent.
inline std::vector<std::filesystem::path> shared_documents() {
  namespace fs = std::filesystem;
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::recursive_directory_iterator it(kSharedData / "authors", error), end; it != end; ++it) {
    const std::string extension = it->path().extension().string();
    if (extension == ".md" || extension == ".markdown" || extension == ".xhtml" ||
        extension == ".txt") {
      found.push_back(it->path());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

// Pieces of Markdown, HTML, prose and broken bytes in any order: what parsers trip over.
inline std::string random_text(Random& random, size_t pieces) {
  using std::operator""sv;
  static constexpr std::string_view kPieces[] = {"word "sv,
                                                 "Dr. "sv,
                                                 "3.5 "sv,
                                                 "End. "sv,
                                                 "\n"sv,
                                                 "\n\n"sv,
                                                 "\r\n"sv,
                                                 "\r"sv,
                                                 "\t"sv,
                                                 "    "sv,
                                                 "# "sv,
                                                 "###### "sv,
                                                 "===\n"sv,
                                                 "---\n"sv,
                                                 "- "sv,
                                                 "12. "sv,
                                                 "> "sv,
                                                 "```\n"sv,
                                                 "~~~"sv,
                                                 "`"sv,
                                                 "**"sv,
                                                 "_"sv,
                                                 "[x](/u)"sv,
                                                 "[x]: /u\n"sv,
                                                 "![i](/u)"sv,
                                                 "|a|b|\n"sv,
                                                 "|-|-|\n"sv,
                                                 "<div>"sv,
                                                 "</div>\n"sv,
                                                 "<pre>"sv,
                                                 "</pre>"sv,
                                                 "<code>"sv,
                                                 "</code>"sv,
                                                 "<!-- "sv,
                                                 " -->"sv,
                                                 "<script>"sv,
                                                 "</script>"sv,
                                                 "<blockquote>"sv,
                                                 "</blockquote>"sv,
                                                 "<a href='"sv,
                                                 "<List<T>"sv,
                                                 "{% raw %}"sv,
                                                 "\\"sv,
                                                 "title: x\n"sv,
                                                 "é"sv,
                                                 "e\u0301"sv,
                                                 "don’t "sv,
                                                 "字。"sv,
                                                 "…"sv,
                                                 "🙂"sv,
                                                 "\u00a0"sv,
                                                 "\ufeff"sv,
                                                 "\0"sv,
                                                 "\xff"sv,
                                                 "\xe2\x82"sv,
                                                 "\xed\xa0\x80"sv,
                                                 "&amp;"sv,
                                                 "Share\n\n"sv,
                                                 "* * *\n"sv,
                                                 "\"Quoted.\" "sv};
  std::string text;
  for (size_t i = 0; i < pieces; ++i) {
    if (random.below(16) == 0) {
      text += static_cast<char>(random.below(256));
    } else {
      text += kPieces[random.below(std::size(kPieces))];
    }
  }
  return text;
}

}  // namespace twin::test
