#pragma once

#include <string>
#include <vector>

#include "domain/byte_range.h"

namespace twin {

// A passage of a document, small enough to be found and quoted. Its text is the bytes `range` of
// the document's verbatim text, with masks for private data (domain/masking.h).
struct Chunk {
  std::string id;  // "<document id>:<ordinal>"
  std::string document_id;
  int version = 0;
  size_t ordinal = 0;  // 0, 1, ... in document order
  ByteRange range;
  std::string title;                      // the document's
  std::vector<std::string> heading_path;  // outermost first, without the marks
  size_t tokens = 0;                      // by the counter it was cut with
  bool own_prose = true;  // false: mostly code or quotation, never a voice-training target
  std::string text;       // the bytes of `range`, masked (domain/masking.h)
};

// What models read of a chunk: where it stands, then what it says.
std::string text_in_place(const Chunk& chunk);

// A chunk that answers a query, with its score (higher is better).
struct Passage {
  Chunk chunk;
  double score = 0;
  std::string link;
  std::string author_full_name;
};

}  // namespace twin
