#include "engine/generate/text_stream.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/generate/byte_tokenizer.h"

namespace twin {
namespace {

struct Streamed {
  std::vector<std::string> pieces;
  std::string all;
  bool stopped = false;
};

Streamed stream(const std::string& bytes, const std::vector<std::string>& stops) {
  const ByteTokenizer tokenizer;
  TextStream text(tokenizer, stops);
  Streamed result;
  const auto take = [&](std::string_view piece) {
    if (piece.empty()) return;
    result.pieces.emplace_back(piece);
    result.all += piece;
  };
  for (const int32_t id : tokenizer.encode(bytes)) {
    take(text.push(id));
    if (text.stopped()) break;
  }
  take(text.finish());
  result.stopped = text.stopped();
  EXPECT_EQ(result.all, text.text());
  return result;
}

TEST(TextStream, PiecesAreWholeCharacters) {
  const std::string text = "a\xC3\xA9\xF0\x9F\x99\x82z and some more to move the window on";
  const Streamed streamed = stream(text, {});
  EXPECT_EQ(streamed.all, text);
  for (const std::string& piece : streamed.pieces) EXPECT_EQ(whole_characters(piece), piece.size());
  EXPECT_EQ(stream("a\xF0\x9F", {}).all, "a\xF0\x9F") << "a torn end is told at the end";
}

TEST(TextStream, TextEndsBeforeTheFirstStopString) {
  const Streamed streamed = stream("one two END three", {"three", "END", "zzz"});
  EXPECT_EQ(streamed.all, "one two ");
  EXPECT_TRUE(streamed.stopped);
}

TEST(TextStream, NothingOfAStopStringIsEverShown) {
  const Streamed streamed = stream("ababac", {"abac"});
  EXPECT_EQ(streamed.all, "ab");
  EXPECT_TRUE(streamed.stopped);
  const Streamed almost = stream("xabab", {"abac"});
  EXPECT_EQ(almost.all, "xabab") << "what only looked like one comes out in the end";
  EXPECT_FALSE(almost.stopped);
}

}  // namespace
}  // namespace twin
