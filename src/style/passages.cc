#include "style/passages.h"

#include "text/sentences.h"
#include "text/unicode.h"

namespace twin {
namespace {

// A passage being filled: bytes [begin, end) of its document with `count` words.
struct Open {
  size_t begin = 0, end = 0, count = 0;
};

}  // namespace

std::vector<StylePassage> style_passages(const std::vector<StyleDocument>& documents,
                                         size_t words_wanted) {
  std::vector<StylePassage> passages;
  for (const StyleDocument& document : documents) {
    std::vector<Open> parts;
    Open open;
    for (const ByteRange sentence : sentences(document.text)) {
      open.end = sentence.end;
      open.count += words(slice(document.text, sentence)).size();
      if (open.count >= words_wanted) {
        parts.push_back(open);
        open = {open.end, open.end, 0};
      }
    }
    constexpr size_t kLeastPercent = 60;
    if (open.count * 100 >= words_wanted * kLeastPercent) {
      parts.push_back(open);
    } else if (!parts.empty()) {
      parts.back().end = open.end;
    }
    for (const Open& part : parts) {
      passages.push_back({document.document_id, document.author_id,
                          document.text.substr(part.begin, part.end - part.begin)});
    }
  }
  return passages;
}

}  // namespace twin
