#pragma once

#include <string>
#include <vector>

namespace twin {

// The author's prose of one document, for measuring style: what clean views call prose, nothing
// else.
struct StyleDocument {
  std::string document_id;
  std::string author_id;
  std::string text;  // Markdown
};

// A stretch of about `words` words of one document: what is scored.
struct StylePassage {
  std::string document_id;
  std::string author_id;
  std::string text;  // exactly as it stands in the document
};

// Cuts each document at sentence ends into passages of `words` words (the default 250); a rest of
// under 60% of that is joined to the passage before or dropped where it is the only one.
std::vector<StylePassage> style_passages(const std::vector<StyleDocument>& documents,
                                         size_t words = 250);

}  // namespace twin
