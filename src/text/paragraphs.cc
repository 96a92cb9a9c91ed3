#include "text/paragraphs.h"

#include <vector>

#include "text/sentences.h"

namespace twin {
namespace {

constexpr std::string_view kWhiteSpace = " \t\r\n\f\v";

}  // namespace

ByteRange trim(std::string_view text, ByteRange range) {
  while (range.size() > 0 && kWhiteSpace.find(text[range.begin]) != std::string_view::npos) {
    ++range.begin;
  }
  while (range.size() > 0 && kWhiteSpace.find(text[range.end - 1]) != std::string_view::npos) {
    --range.end;
  }
  return range;
}

std::string_view last_paragraph(std::string_view text, size_t max_bytes) {
  const ByteRange all = trim(text, {0, text.size()});
  text = slice(text, all);
  if (const size_t blank = text.rfind("\n\n"); blank != std::string_view::npos) {
    text = text.substr(blank + 2);
  }
  if (text.size() <= max_bytes) return text;
  const std::vector<ByteRange> parts = sentences(text);
  size_t begin = text.size();
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    if (text.size() - part->begin > max_bytes) break;
    begin = part->begin;
  }
  if (begin == text.size()) {
    const size_t space = text.find(' ', text.size() - max_bytes);
    begin = space == std::string_view::npos ? text.size() : space + 1;
  }
  return text.substr(begin);
}

}  // namespace twin
