#include "text/sentences.h"

#include <gtest/gtest.h>

#include "text/test_texts.h"
#include "text/unicode.h"

namespace twin {
namespace {

void expect_partition(std::string_view text) {
  size_t end = 0;
  for (const ByteRange& sentence : sentences(text)) {
    ASSERT_EQ(sentence.begin, end);
    ASSERT_GT(sentence.end, sentence.begin);
    end = sentence.end;
  }
  ASSERT_EQ(end, text.size());
}

// One case a line: "|" stands where a sentence begins, "\n" for a line break.
TEST(Sentences, CasesAreSplitWhereTheBarsStand) {
  std::string text = read_file(test::kTestData / "sentences/cases.txt");
  size_t cases = 0;
  for (size_t begin = 0; begin < text.size();) {
    const size_t line_end = std::min(text.find('\n', begin), text.size());
    std::string line = text.substr(begin, line_end - begin);
    begin = line_end + 1;
    if (line.empty() || line.starts_with('#')) continue;
    for (size_t at; (at = line.find("\\n")) != std::string::npos;) line.replace(at, 2, "\n");
    std::string plain = line;
    std::erase(plain, '|');
    std::string split;
    for (const ByteRange& sentence : sentences(plain)) {
      if (sentence.begin > 0) split += '|';
      split += slice(plain, sentence);
    }
    EXPECT_EQ(split, line);
    ++cases;
  }
  EXPECT_GT(cases, 30u);
}

TEST(Sentences, NothingHasNoSentences) {
  EXPECT_TRUE(sentences("").empty());
  EXPECT_EQ(sentences(" \n\n ").size(), 1u);
}

TEST(Sentences, AnyBytesArePartitioned) {
  Random random(2);
  for (int i = 0; i < 3000; ++i) expect_partition(test::random_text(random, 40));
}

TEST(Sentences, EverySharedDocumentIsPartitioned) {
  const auto documents = test::shared_documents();
  if (documents.empty()) GTEST_SKIP() << "no shared data";
  for (const auto& path : documents) {
    SCOPED_TRACE(path);
    expect_partition(read_file(path));
  }
}

}  // namespace
}  // namespace twin
