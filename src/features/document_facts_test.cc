#include "features/document_facts.h"

#include <gtest/gtest.h>

#include "features/test_documents.h"

namespace twin {
namespace {

RawDocument note() {
  return test::document_of(
      "---\ncanonical_url: https://ada.org/engines\n---\n# Engines\n\nThe engine is made of brass, "
      "and it turns the whole day for whoever feeds it, whatever the weather may be.\n");
}

TEST(DocumentFacts, ComeBackAsTheyWerePacked) {
  const DocumentFacts facts = document_facts(note());
  EXPECT_EQ(facts.language.language, "en");
  EXPECT_GT(facts.sketch.shingles, 0u);
  const auto found = unpack_facts(pack_facts(facts, "key"), "key");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->state, facts.state);
  EXPECT_EQ(found->block_hashes, facts.block_hashes);
  EXPECT_EQ(found->language.language, facts.language.language);
  EXPECT_EQ(found->language.bytes, facts.language.bytes);
  EXPECT_EQ(found->canonical, "https://ada.org/engines");
  EXPECT_EQ(found->sketch.signature, facts.sketch.signature);
  EXPECT_EQ(found->sketch.shingles, facts.sketch.shingles);
  EXPECT_EQ(found->sketch.words, facts.sketch.words);
}

TEST(DocumentFacts, OfAnotherKeyOrDamagedAreNone) {
  const std::string packed = pack_facts(document_facts(note()), "key");
  EXPECT_FALSE(unpack_facts(packed, "another"));
  EXPECT_FALSE(unpack_facts("", "key"));
  for (size_t size = 0; size < packed.size(); size += 7) {
    EXPECT_FALSE(unpack_facts(std::string_view(packed).substr(0, size), "key")) << size;
  }
  for (size_t at = 0; at < packed.size(); ++at) {
    std::string damaged = packed;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    EXPECT_NO_THROW(unpack_facts(damaged, "key")) << at;
  }
}

TEST(DocumentFacts, AreOfWhatTheDocumentSays) {
  RawDocument document = note();
  const std::string state = document_facts(document).state;
  EXPECT_EQ(document_facts(document).state, state);
  document.bylines = {"Charles Babbage"};
  EXPECT_NE(document_facts(document).state, state);
  DocumentSummary summary;
  summary.content_hash = document.content_hash;
  const std::string key = facts_key(summary);
  summary.version = 2;
  EXPECT_NE(facts_key(summary), key);
}

}  // namespace
}  // namespace twin
