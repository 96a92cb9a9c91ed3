#include <gtest/gtest.h>

#include <algorithm>

#include "style/copy_meter.h"
#include "style/english_reference.h"
#include "style/separation.h"
#include "style/style_model.h"
#include "style/style_profile.h"

namespace twin {
namespace {

TEST(RocAuc, CountsPairsAndHalfOfTies) {
  EXPECT_DOUBLE_EQ(roc_auc({3, 4}, {1, 2}), 1.0);
  EXPECT_DOUBLE_EQ(roc_auc({1, 2}, {3, 4}), 0.0);
  EXPECT_DOUBLE_EQ(roc_auc({1, 1}, {1}), 0.5);
  EXPECT_DOUBLE_EQ(roc_auc({2, 0}, {1}), 0.5);
}

TEST(Bootstrap, IntervalHoldsTheMeanAndIsRepeatable) {
  const std::vector<std::vector<double>> groups = {{1, 2}, {3}, {4, 5, 6}, {2, 2}};
  const Interval interval = bootstrap_mean(groups, 7);
  EXPECT_LT(interval.low, mean_of(groups));
  EXPECT_GT(interval.high, mean_of(groups));
  EXPECT_EQ(interval.low, bootstrap_mean(groups, 7).low);
  EXPECT_NE(interval.low, interval.high);
}

TEST(Bootstrap, OneGroupGivesItsOwnMean) {
  const Interval interval = bootstrap_mean({{1, 3}}, 1);
  EXPECT_DOUBLE_EQ(interval.low, 2);
  EXPECT_DOUBLE_EQ(interval.high, 2);
}

TEST(StylePassages, EndAtSentencesAndLoseOnlyShortDocuments) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "Here are seven words in one sentence. ";
  const auto passages = style_passages({{"d", "a", text}, {"e", "a", "Too short. "}}, 50);
  std::string joined;
  for (const StylePassage& passage : passages) {
    EXPECT_EQ(passage.document_id, "d");
    EXPECT_TRUE(passage.text.ends_with("sentence. "));
    joined += passage.text;
  }
  EXPECT_EQ(joined, text);
  EXPECT_EQ(passages.size(), 12u);  // 8 sentences each; the last 4 join those before
}

TEST(StyleCounts, MarkdownMarksAreNotCounted) {
  const StyleCounts plain = count_style("A bold claim, with a link.");
  const StyleCounts marked = count_style("A **bold** claim, with a [link](http://x.y/z).");
  EXPECT_EQ(plain.word_counts, marked.word_counts);
  EXPECT_EQ(plain.punctuation, marked.punctuation);
}

TEST(StyleCounts, BothApostrophesAreOneWord) {
  const StyleCounts counts = count_style("I don't. I don’t.");
  EXPECT_EQ(counts.word_counts.at("don't"), 2u);
}

TEST(StyleCounts, NumbersHaveTheirNames) {
  const StyleCounts counts = count_style("One; two; three! 🍞");
  EXPECT_EQ(counts.punctuation.size(), punctuation_names().size());
  EXPECT_EQ(counts.shape.size(), shape_names().size());
  const auto rate = [&](const char* name) {
    const auto& names = punctuation_names();
    return counts.punctuation[static_cast<size_t>(std::find(names.begin(), names.end(), name) -
                                                  names.begin())];
  };
  EXPECT_NEAR(rate("semicolon") / rate("exclamation mark"), 2, 1e-9);
  EXPECT_GT(rate("emoji"), 0);
}

// Two voices on the same matter: one of long sentences, one of short.
std::vector<StyleDocument> two_voices() {
  std::vector<StyleDocument> documents;
  for (int d = 0; d < 6; ++d) {
    std::string long_winded, blunt;
    for (int i = 0; i < 40; ++i) {
      const std::string n = std::to_string(d * 40 + i);
      long_winded += "It is, I think, to be regretted that the oven of the house number " + n +
                     ", which had been built by a careful man, was never used; and yet one hopes. ";
      blunt += "So. Oven " + n + " broke again! Don't ask why. You know what I'd do? Fix it. ";
    }
    documents.push_back({"long" + std::to_string(d), "L", long_winded});
    documents.push_back({"blunt" + std::to_string(d), "B", blunt});
  }
  return documents;
}

TEST(StyleSeparation, TellsTwoVoicesApart) {
  const StyleSeparation result = style_separation(style_passages(two_voices(), 100), "L", 1);
  EXPECT_DOUBLE_EQ(result.auc, 1.0);
  EXPECT_DOUBLE_EQ(result.accuracy, 1.0);
  EXPECT_EQ(result.author_documents, 6u);
  EXPECT_GT(mean_of(result.author_scores), 0);
  EXPECT_LT(mean_of(result.impostor_scores), 0);
}

// More documents than are left out one by one, and one author with a single document.
TEST(StyleSeparation, ScoresEachOfManyDocuments) {
  std::vector<StyleDocument> documents;
  for (int copy = 0; copy < 20; ++copy) {
    for (StyleDocument document : two_voices()) {
      document.document_id += "." + std::to_string(copy);
      document.text.resize(1200);
      documents.push_back(std::move(document));
    }
  }
  documents.push_back({"only", "Z", documents.front().text});
  const StyleSeparation result = style_separation(style_passages(documents, 100), "B", 1);
  EXPECT_EQ(result.author_documents, 120u);
  EXPECT_EQ(result.impostor_documents, 120u) << "the third author's is not scored";
  EXPECT_DOUBLE_EQ(result.auc, 1.0);
}

TEST(StyleSeparation, OneVoiceAgainstItselfIsChance) {
  std::vector<StyleDocument> documents;
  for (StyleDocument document : two_voices()) {
    if (document.author_id == "B") continue;
    document.author_id = document.document_id < "long3" ? "L" : "M";
    documents.push_back(document);
  }
  const StyleSeparation result = style_separation(style_passages(documents, 100), "L", 1);
  EXPECT_GT(result.auc, 0.05);
  EXPECT_LT(result.auc, 0.95);
}

TEST(StyleModel, NearerTextsHaveSmallerDelta) {
  const auto passages = style_passages(two_voices(), 100);
  std::vector<StyleCounts> counts;
  counts.reserve(passages.size());
  for (const StylePassage& passage : passages) counts.push_back(count_style(passage.text));
  std::vector<StyleModel::Reading> readings;
  for (size_t i = 0; i < passages.size(); ++i) {
    readings.push_back({&counts[i], passages[i].author_id});
  }
  const StyleModel model(readings, "B");
  EXPECT_FALSE(model.bundled_reference());
  const char* blunt = "So. The tap broke. Don't ask! You know it? Fix it. Again. I'd not.";
  const char* winding =
      "It is to be regretted, I think, that the tap, which a careful man had built, broke; and "
      "yet, as one hopes, it was never used.";
  EXPECT_LT(model.delta(blunt), model.delta(winding));
  EXPECT_GT(model.score(blunt), 0);
  EXPECT_LT(model.score(winding), 0);
}

TEST(StyleModel, WithoutImpostorsTheLanguageStandsIn) {
  const auto passages = style_passages(two_voices(), 100);
  std::vector<StyleCounts> counts;
  for (const StylePassage& passage : passages) {
    if (passage.author_id == "B") counts.push_back(count_style(passage.text));
  }
  std::vector<StyleModel::Reading> readings;
  readings.reserve(counts.size());
  for (const StyleCounts& c : counts) readings.push_back({&c, "B"});
  const StyleModel model(readings, "B");
  EXPECT_TRUE(model.bundled_reference());
  EXPECT_GT(model.score(counts.front()), 0);
  EXPECT_LT(model.score("The history of the house is in large part the history of its owners, who "
                        "had, with few exceptions, been lawyers of some standing in the county."),
            model.score(counts.front()));
}

TEST(StyleModel, OtherLanguagesUseTheirOwnFrequentWords) {
  std::string german, short_german;
  for (int i = 0; i < 60; ++i) {
    german += "Es ist doch nicht so, dass der Ofen, den der Meister gebaut hat, kalt bleibt. ";
    short_german += "Ofen kalt! Na und? Ich heize ihn eben. Fertig ist die Kiste. ";
  }
  const auto passages = style_passages(
      {{"1", "A", german}, {"2", "A", german}, {"3", "B", short_german}, {"4", "B", short_german}},
      100);
  const StyleSeparation result = style_separation(passages, "A", 1);
  EXPECT_DOUBLE_EQ(result.auc, 1.0);
}

TEST(StyleProfile, DescribesAText) {
  const StyleProfile profile = style_profile("One two three. Four five, six seven eight!");
  EXPECT_EQ(profile.words, 8u);
  EXPECT_EQ(profile.sentences, 2u);
  EXPECT_DOUBLE_EQ(profile.mean_sentence_words, 4);
  EXPECT_DOUBLE_EQ(profile.type_token_ratio, 1);
  EXPECT_DOUBLE_EQ(profile.sentence_length_shares[0], 0.5);
  EXPECT_DOUBLE_EQ(profile.sentence_length_shares[1], 0.5);
}

TEST(EnglishReference, HasAnEntryForEachFeature) {
  const size_t features =
      function_words().size() + punctuation_names().size() + shape_names().size();
  EXPECT_EQ(english_reference().mean.size(), features);
  EXPECT_EQ(english_reference().deviation.size(), features);
}

TEST(CopyMeter, FindsTheLongestCopiedRun) {
  CopyMeter meter;
  meter.add("one", "It was a bright cold day in April, and the clocks were striking thirteen.");
  meter.add("two", "Call me Ishmael.");
  const auto result =
      meter.measure("He said it was a Bright cold day in April and the clocks were broken.");
  EXPECT_EQ(result.longest_run_words, 12u);
  EXPECT_EQ(result.longest_run, "it was a Bright cold day in April and the clocks were");
  EXPECT_EQ(result.longest_run_source, "one");
  EXPECT_EQ(result.eight_grams, 8u);
  EXPECT_DOUBLE_EQ(result.eight_gram_share, 5.0 / 8);
}

TEST(CopyMeter, OwnWordsAreNoCopy) {
  CopyMeter meter;
  meter.add("one", "It was a bright cold day in April.");
  const auto result = meter.measure("Nothing of this stands anywhere else, not a single phrase.");
  EXPECT_EQ(result.eight_gram_share, 0);
  EXPECT_EQ(result.longest_run_words, 0u);
  EXPECT_EQ(meter.measure("short").eight_grams, 0u);
}

}  // namespace
}  // namespace twin
