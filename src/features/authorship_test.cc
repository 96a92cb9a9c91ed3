#include "features/authorship.h"

#include <gtest/gtest.h>

#include "features/test_documents.h"

namespace twin {
namespace {

RemovalReason reason_of(std::string_view text, std::vector<std::string> bylines = {},
                        std::vector<std::string> tags = {}) {
  RawDocument document = test::document_of(text);  // Ada Lovelace's
  document.bylines = std::move(bylines);
  document.tags = std::move(tags);
  return authorship(document, markdown_blocks(document.verbatim));
}

TEST(Authorship, BylinesTellWhoseItIs) {
  EXPECT_EQ(reason_of("Text."), RemovalReason::kNone);
  EXPECT_EQ(reason_of("Text.", {"Ada Lovelace"}), RemovalReason::kNone);
  EXPECT_EQ(reason_of("Text.", {"By A. Lovelace"}), RemovalReason::kNone);
  EXPECT_EQ(reason_of("Text.", {"admin"}), RemovalReason::kNone);
  EXPECT_EQ(reason_of("Text.", {"enchantress"}), RemovalReason::kNone) << "a handle may be hers";
  EXPECT_EQ(reason_of("Text.", {"Charles Babbage"}), RemovalReason::kOtherAuthor);
  EXPECT_EQ(reason_of("Text.", {"Charles Babbage", "Ada Lovelace"}), RemovalReason::kCoAuthor);
  EXPECT_EQ(reason_of("Text.", {"Ada Lovelace and Charles Babbage"}), RemovalReason::kCoAuthor);
}

TEST(Authorship, AnAliasIsTheAuthor) {
  const std::vector<std::string> aliases = {"Augusta Byron", "A. A. L."};
  const auto reason_with = [&](std::string_view text, std::vector<std::string> bylines) {
    RawDocument document = test::document_of(text);
    document.bylines = std::move(bylines);
    return authorship(document, markdown_blocks(document.verbatim), aliases);
  };
  EXPECT_EQ(reason_of("Text.", {"Augusta Byron"}), RemovalReason::kOtherAuthor);
  EXPECT_EQ(reason_with("Text.", {"Augusta Byron"}), RemovalReason::kNone);
  EXPECT_EQ(reason_with("Text.", {"by A. A. L."}), RemovalReason::kNone);
  EXPECT_EQ(reason_with("Text.", {"A.A.L. and Charles Babbage"}), RemovalReason::kCoAuthor);
  EXPECT_EQ(reason_with("Text.", {"Charles Babbage"}), RemovalReason::kOtherAuthor);
  EXPECT_EQ(reason_with("This is a guest post by Augusta Byron.\n", {}), RemovalReason::kNone);
}

TEST(Authorship, NotesAtTheTopTell) {
  EXPECT_EQ(reason_of("# Looms\n\n*This is a guest post by Charles Babbage, who builds them.*\n\n"
                      "Looms are fine.\n"),
            RemovalReason::kOtherAuthor);
  EXPECT_EQ(reason_of("This is a guest post by Ada Lovelace.\n"), RemovalReason::kNone);
  EXPECT_EQ(reason_of("I wrote a guest post by candle light.\n"), RemovalReason::kNone);
  EXPECT_EQ(reason_of("_Co-written with [Mary Somerville](https://x.org)._\n\nText.\n"),
            RemovalReason::kCoAuthor);
}

TEST(Authorship, PressReleasesAreKnownByTheirForm) {
  EXPECT_EQ(reason_of("**FOR IMMEDIATE RELEASE**\n\nLondon, 1843. Engines Ltd announces.\n"),
            RemovalReason::kPressRelease);
  EXPECT_EQ(reason_of("Press release\n\nEngines Ltd announces.\n\nMedia contact: C. Babbage\n"),
            RemovalReason::kPressRelease);
  EXPECT_EQ(reason_of("Engines Ltd announces.\n\n## About Engines Ltd\n\nWe build.\n\n###\n", {},
                      {"press release"}),
            RemovalReason::kPressRelease);
  EXPECT_EQ(reason_of("A press release made me laugh today, and here is why.\n\n## About Ada\n\nI "
                      "write.\n"),
            RemovalReason::kNone);
}

}  // namespace
}  // namespace twin
