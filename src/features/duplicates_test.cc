#include "features/duplicates.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <iostream>

#include "base/random.h"
#include "features/test_documents.h"
#include "text/unicode.h"

namespace twin {
namespace {

Sketched sketched(const std::string& id, std::string_view text, const std::string& date = "",
                  std::string_view media_type = "text/markdown") {
  RawDocument document = test::document_of(text, media_type);
  document.link = "https://" + id;
  return {id, document.link, date, canonical_link(document),
          text_sketch(document, markdown_blocks(document.verbatim))};
}

// Sentences of made-up words that no other `seed` has.
std::string text_of_words(size_t count, uint64_t seed) {
  Random random(seed);
  std::string text;
  for (size_t i = 0; i < count; ++i) {
    text += fmt::format("w{:x}{}", random.below(1 << 20), i % 12 == 11 ? ".\n\n" : " ");
  }
  return text;
}

using Indices = std::vector<size_t>;

TEST(Duplicates, TheEarliestIsKept) {
  const std::string text = text_of_words(300, 1);
  EXPECT_EQ(find_duplicates({sketched("a", text, "2020-05-02"), sketched("b", text, "2020-05-01"),
                             sketched("c", text_of_words(300, 2), "2019-01-01"),
                             sketched("d", text, "")}),
            (Indices{1, 1, 2, 1}));
}

TEST(Duplicates, AMuchFullerOneIsKeptBeforeAnEarlierOne) {
  const std::string text = text_of_words(300, 1), more = text_of_words(30, 2),
                    much = text_of_words(120, 3);
  EXPECT_EQ(find_duplicates({sketched("a", text, "2020"), sketched("b", text + more, "2021")}),
            (Indices{0, 0}));
  EXPECT_EQ(find_duplicates({sketched("a", text, "2020"), sketched("b", text + much, "2021")}),
            (Indices{1, 1}));
}

TEST(Duplicates, TheOneNamedAsTheOriginalIsKept) {
  const std::string text = text_of_words(300, 1);
  for (const std::string& note :
       {std::string("\n*Originally published at [my blog](https://ada.org/engines/).*\n"),
        std::string("\nFirst appeared on https://www.ada.org/engines\n")}) {
    EXPECT_EQ(find_duplicates({sketched("medium.com/x", text + note, "2019"),
                               sketched("ada.org/engines", text, "2020")}),
              (Indices{1, 1}));
  }
  const std::string front = "---\ntitle: x\ncanonical_url: \"https://ada.org/engines\"\n---\n";
  EXPECT_EQ(find_duplicates({sketched("dev.to/x", front + text, "2019"),
                             sketched("ada.org/engines", text, "2020")}),
            (Indices{1, 1}));
}

TEST(Duplicates, PlatformsMarksDoNotMatter) {
  EXPECT_EQ(
      find_duplicates(
          {sketched("a",
                    "# Engines\n\nThe [engine](https://a.org/x?y=z) is **made** of brass, and it "
                    "turns the whole day for whoever feeds it, whatever the weather may be, and it "
                    "never complains of its work.\n"),
           sketched("b",
                    "<h1>Engines</h1>\n\nThe engine is _made_ of brass, and it turns the whole day "
                    "for whoever feeds it, whatever the weather may be, and it never complains of "
                    "its work.\n")}),
      (Indices{0, 0}));
}

TEST(Duplicates, ShortTextsMustBeTheSame) {
  EXPECT_EQ(find_duplicates({sketched("a", "Engines turn all day for you."),
                             sketched("b", "Engines turn all day for you."),
                             sketched("c", "Engines turn all day for me."), sketched("d", "Yes."),
                             sketched("e", "Yes.")}),
            (Indices{0, 0, 2, 3, 4}));
}

// Cross-posts as people edit them, and other texts by the same author: how many are told apart.
TEST(Duplicates, EditedCopiesOfRealPostsAreFound) {
  std::vector<RawDocument> posts;
  for (RawDocument& document : test::author_documents(4)) {
    if (document.author_id == "haack" && words(document.verbatim).size() >= 150)
      posts.push_back(std::move(document));
  }
  if (posts.empty()) GTEST_SKIP() << "no shared data";
  posts.resize(std::min<size_t>(posts.size(), 200));
  std::vector<Sketched> all;
  for (const RawDocument& post : posts) {
    all.push_back(
        {post.id, post.link, "2020", "", text_sketch(post, markdown_blocks(post.verbatim))});
  }
  const std::vector<size_t> before = find_duplicates(all);
  size_t alike = 0;  // posts that repeat one another as they are
  for (size_t i = 0; i < before.size(); ++i) alike += before[i] != i;
  Random random(9);
  struct Edit {
    const char* name;
    double words_changed;  // share of words replaced, in place
    double cut;            // share cut off at the end
    size_t right = 0;
  };
  std::vector<Edit> edits = {{"1% of words", 0.01, 0}, {"5% of words", 0.05, 0},
                             {"10% of words", 0.1, 0}, {"last 30% cut", 0, 0.3},
                             {"last 60% cut", 0, 0.6}, {"5% of words, last 30% cut", 0.05, 0.3}};
  size_t wrong = 0;
  for (Edit& edit : edits) {
    std::vector<Sketched> pool = all;
    for (const RawDocument& post : posts) {
      std::string text;
      const std::vector<ByteRange> found = words(post.verbatim);
      const auto kept = static_cast<size_t>(static_cast<double>(found.size()) * (1 - edit.cut));
      size_t at = 0;
      for (size_t w = 0; w < kept; ++w) {
        text += post.verbatim.substr(at, found[w].begin - at);
        const bool changed =
            static_cast<double>(random.below(10'000)) < 10'000 * edit.words_changed;
        text += changed ? "another" : std::string(slice(post.verbatim, found[w]));
        at = found[w].end;
      }
      RawDocument copy = test::document_of(text);
      pool.push_back(
          {"copy", "copy", "2021", "", text_sketch(copy, markdown_blocks(copy.verbatim))});
    }
    const std::vector<size_t> kept = find_duplicates(pool);
    for (size_t i = 0; i < posts.size(); ++i) {
      const size_t copy = posts.size() + i;
      edit.right += kept[copy] == kept[i] || kept[copy] == i || kept[i] == copy;
      wrong += kept[copy] != copy && kept[copy] != i && kept[i] != copy && kept[copy] != kept[i];
    }
    std::cout << fmt::format("{:<28} recall {:.3f} of {}\n", edit.name,
                             static_cast<double>(edit.right) / static_cast<double>(posts.size()),
                             posts.size());
  }
  std::cout << fmt::format("{} copies taken for one of another post, {} posts alike before\n",
                           wrong, alike);
  EXPECT_GE(edits[0].right * 100, posts.size() * 99);
  EXPECT_GE(edits[1].right * 100, posts.size() * 98);
  EXPECT_GE(edits[3].right * 100, posts.size() * 97);
  EXPECT_GE(edits[4].right * 100, posts.size() * 88);
  EXPECT_LE(wrong, posts.size() / 100);
}

}  // namespace
}  // namespace twin
