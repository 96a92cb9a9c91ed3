#include "engine/generate/text_stream.h"

#include <algorithm>

namespace twin {
namespace {

constexpr size_t kWindow = 16;
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// Before a torn character and before U+FFFD: some tokenizers decode a torn character to that, until
// its last byte comes.
size_t whole_end(std::string_view text) {
  text = text.substr(0, whole_characters(text));
  while (text.ends_with(kReplacement)) text.remove_suffix(kReplacement.size());
  return text.size();
}

}  // namespace

size_t whole_characters(std::string_view text) {
  for (size_t back = 1; back <= std::min<size_t>(3, text.size()); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if ((byte & 0xC0) == 0x80) continue;
    const size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
    return length > back ? text.size() - back : text.size();
  }
  return text.size();
}

TextStream::TextStream(const Tokenizer& tokenizer, std::vector<std::string> stop_strings)
    : tokenizer_(tokenizer), stop_strings_(std::move(stop_strings)) {}

std::string_view TextStream::push(int32_t id) {
  if (stopped_) return {};
  window_.push_back(id);
  const std::string decoded = tokenizer_.decode(window_);
  const size_t searched = std::min(text_.size(), told_);
  text_.resize(before_window_);
  text_ += std::string_view(decoded).substr(std::min(context_bytes_, decoded.size()));
  // The window starts anew behind a whole character, with two tokens as what comes before.
  if (window_.size() >= kWindow && whole_end(text_) == text_.size()) {
    window_.erase(window_.begin(), window_.end() - 2);
    context_bytes_ = tokenizer_.decode(window_).size();
    before_window_ = text_.size();
  }
  size_t first = std::string::npos;
  for (const std::string& stop : stop_strings_) {
    const size_t begin = searched - std::min(searched, stop.size() - 1);
    first = std::min(first, text_.find(stop, begin));
  }
  if (first != std::string::npos) {
    stopped_ = true;
    text_.resize(first);
    return let_out(first);
  }
  return let_out(safe_end());
}

std::string_view TextStream::finish() { return let_out(text_.size()); }

std::string_view TextStream::let_out(size_t end) {
  const size_t begin = std::min(told_, end);
  told_ = std::max(told_, end);
  return std::string_view(text_).substr(begin, end - begin);
}

// Before the longest end of the text that begins a stop string, and before a torn character.
size_t TextStream::safe_end() const {
  size_t end = whole_end(text_);
  for (const std::string& stop : stop_strings_) {
    for (size_t length = std::min(stop.size() - 1, text_.size()); length > 0; --length) {
      if (text_.compare(text_.size() - length, length, stop, 0, length) == 0) {
        end = std::min(end, text_.size() - length);
        break;
      }
    }
  }
  return end;
}

}  // namespace twin
