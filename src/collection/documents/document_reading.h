#pragma once

#include <string>
#include <vector>

namespace twin {

// What was read of a document of an office program, and what it says of itself.
struct DocumentReading {
  std::string markdown;
  std::string title, language, date;  // empty where it does not say
  std::vector<std::string> bylines;
};

// A name that programs put where nobody gave one ("Microsoft Office User", "python-docx") names
// nobody; the others are split at ";" and " and ".
std::vector<std::string> bylines_of(const std::string& creator);

}  // namespace twin
