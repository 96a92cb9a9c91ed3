#pragma once

#include <string>
#include <vector>

#include "domain/byte_range.h"

namespace twin {

// Where a statement of an answer comes from.
struct Source {
  std::string document_id;
  std::string title;
  std::string link;
  ByteRange range;  // of the document's verbatim text
  double score = 0;
  std::string text;  // exactly those bytes
};

// A draft, or the honest statement that nothing was found to write it from.
struct Answer {
  std::string text;
  std::vector<Source> sources;
  bool found = true;  // false: no passage was relevant, `text` says so
};

}  // namespace twin
