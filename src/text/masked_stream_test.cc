#include "text/masked_stream.h"

#include <gtest/gtest.h>

#include "domain/masking.h"

namespace twin {
namespace {

std::string streamed(std::string_view text, size_t piece) {
  std::string shown;
  MaskedStream stream({}, [&](std::string_view part) {
    shown += part;
    return true;
  });
  for (size_t i = 0; i < text.size(); i += piece) stream.add(text.substr(i, piece));
  stream.finish();
  return shown;
}

TEST(MaskedStream, ShowsWhatTheWholeTextMaskedIs) {
  std::string text;
  for (int i = 0; i < 40; ++i) {
    text += "The engine turned all night, and by morning it had counted the sheep twice. ";
    if (i % 7 == 3) text += "Write to ada@lovelace.org or call +1 415 555 2671 for more. ";
    if (i % 11 == 5) text += "She lives at 221B Baker Street, London NW1 6XE, as you know.\n\n";
  }
  text += "-----BEGIN PRIVATE KEY-----\n";
  for (int i = 0; i < 20; ++i)
    text += "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDZq83LmRt5KpWx\n";
  text += "-----END PRIVATE KEY-----\nand that was all.";
  const std::string whole = masked(text, {0, text.size()}, find_private_data(text));
  EXPECT_EQ(whole.find("ada@"), std::string::npos);
  EXPECT_EQ(whole.find("MII"), std::string::npos);
  for (const size_t piece : {1u, 3u, 17u, 64u, 1000u}) EXPECT_EQ(streamed(text, piece), whole);
}

TEST(MaskedStream, StopsWhereNothingMoreIsWanted) {
  size_t calls = 0;
  MaskedStream stream({}, [&](std::string_view) {
    ++calls;
    return false;
  });
  const std::string words(1000, 'a');
  EXPECT_TRUE(stream.add("a b c"));
  EXPECT_FALSE(stream.add(std::string(500, ' ') + words));
  EXPECT_FALSE(stream.add(words));
  stream.finish();
  EXPECT_EQ(calls, 1u);
}

}  // namespace
}  // namespace twin
