#include "inference/retrieval.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>

#include "base/error.h"
#include "base/hashing.h"
#include "inference/passage_list.h"
#include "inference/rank_fusion.h"
#include "inference/retrieval_evaluation.h"
#include "inference/retrieval_set.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

TEST(RankFusion, AddsReciprocalRanks) {
  const Ranking rankings[] = {{{"a", "b"}, 1}, {{"b", "c"}, 1}, {{"c"}, 0.5}};
  const auto fused = fuse_ranks(rankings, 60);
  ASSERT_EQ(fused.size(), 3u);
  EXPECT_EQ(fused[0].first, "b");
  EXPECT_DOUBLE_EQ(fused[0].second, 1.0 / 62 + 1.0 / 61);
  EXPECT_EQ(fused[1].first, "c");
  EXPECT_DOUBLE_EQ(fused[1].second, 1.0 / 62 + 0.5 / 61);
  EXPECT_EQ(fused[2].first, "a");
}

TEST(RankFusion, EqualScoresById) {
  const Ranking rankings[] = {{{"b", "x"}, 1}, {{"a", "y"}, 1}};
  const auto fused = fuse_ranks(rankings);
  EXPECT_EQ(fused[0].first, "a");
  EXPECT_EQ(fused[1].first, "b");
  EXPECT_EQ(fused[2].first, "x");
}

class SelfQuery : public testing::Test {
 protected:
  UnderstoodRequest read(std::string_view request) const { return understand(request, known_); }

  KnownSources known_{{{"a1", "Ada", "Lovelace"}, {"a2", "Charles", "Babbage"}},
                      {"medium", "haacked.com"}};
};

TEST_F(SelfQuery, FindsTheAuthor) {
  const UnderstoodRequest said = read("What did Ada Lovelace's engine weave?");
  EXPECT_EQ(said.filter.author_id, "a1") << said.text;
  EXPECT_EQ(read("looms by ada lovelace").text, "looms");
  EXPECT_EQ(read("engines").filter, PassageFilter{});
}

TEST_F(SelfQuery, TwoAuthorsAreNoFilter) {
  EXPECT_EQ(read("What did Ada Lovelace say of Charles Babbage?").filter, PassageFilter{});
}

TEST_F(SelfQuery, ReadsPeriods) {
  const auto time = [&](std::string_view request) {
    const PassageFilter filter = read(request).filter;
    return filter.date_from.value_or("-") + " " + filter.date_to.value_or("-");
  };
  EXPECT_EQ(time("looms in 2019"), "2019 2019");
  EXPECT_EQ(time("looms in March 2020"), "2020-03 2020-03");
  EXPECT_EQ(time("looms since 2019"), "2019 -");
  EXPECT_EQ(time("looms after 2019"), "2020 -");
  EXPECT_EQ(time("looms before January 2020"), "- 2019-12");
  EXPECT_EQ(time("looms until 2020"), "- 2020");
  EXPECT_EQ(time("looms between 2019 and May 2021"), "2019 2021-05");
  EXPECT_EQ(time("the 2019 loom in version 2020x"), "- -");
  EXPECT_EQ(read("looms in 2019, and mills").text, "looms , and mills");
}

TEST_F(SelfQuery, FindsPlatformAndTags) {
  EXPECT_EQ(read("looms on Medium").filter.platform, "medium");
  EXPECT_EQ(read("looms from haacked.com").filter.platform, "haacked.com");
  EXPECT_FALSE(read("a medium loom").filter.platform);
  EXPECT_EQ(read("looms tagged mills").filter.tags, std::vector<std::string>{"mills"});
  EXPECT_EQ(read("looms #mills").filter.tags, std::vector<std::string>{"mills"});
}

TEST_F(SelfQuery, ARequestOfNothingElseStaysWhole) {
  EXPECT_EQ(read("by Ada Lovelace").text, "by Ada Lovelace");
  EXPECT_EQ(read("").text, "");
}

Passage passage(const std::string& document, size_t ordinal, ByteRange range,
                const std::string& text) {
  Passage result;
  result.chunk.id = document + ":" + std::to_string(ordinal);
  result.chunk.document_id = document;
  result.chunk.version = 1;
  result.chunk.ordinal = ordinal;
  result.chunk.range = range;
  result.chunk.text = text;
  return result;
}

TEST(NearDuplicates, TheBetterOneStays) {
  const std::string text =
      "The engine weaves patterns as the loom weaves flowers and leaves of silk";
  const auto kept = without_near_duplicates(
      {passage("a", 0, {0, 1}, text), passage("b", 0, {0, 1}, text + " today"),
       passage("c", 0, {0, 1}, "Short."), passage("d", 0, {0, 1}, "Short."),
       passage("e", 0, {0, 1}, "Something else altogether")},
      10);
  ASSERT_EQ(kept.size(), 3u);
  EXPECT_EQ(kept[0].chunk.document_id, "a");
  EXPECT_EQ(kept[1].chunk.document_id, "c");
  EXPECT_EQ(kept[2].chunk.document_id, "e");
  EXPECT_EQ(without_near_duplicates(kept, 2).size(), 2u);
}

TEST(Diversity, PrefersWhatWasNotSaid) {
  const std::vector<Passage> passages{passage("a", 0, {0, 1}, "looms weave silk"),
                                      passage("b", 0, {0, 1}, "looms weave silk"),
                                      passage("c", 0, {0, 1}, "mills grind corn")};
  EXPECT_EQ(diversified(passages, 2, 0.5)[1].chunk.document_id, "c");
  EXPECT_EQ(diversified(passages, 2, 1)[1].chunk.document_id, "b");
  EXPECT_EQ(diversified(passages, 2, 0.5).size(), 3u);
}

// A store with documents of one or more passages each, cut at blank lines.
class Retrieving : public testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::temp_directory_path() / ("twin_retrieval_" + std::to_string(getpid()));
    fs::remove_all(root_);
    fs::create_directories(root_);
    store_ = open_sqlite_document_store((root_ / "twin.db").string());
    add("looms", "2019-05-01",
        {"The loom weaves flowers of silk.", "Its woven cards weave on, stiff."});
    add("mills", "2021-05-01", {"The mill grinds corn into flour by day."});
    add("ships", "", {"A ship of oak sails far away from the mill."});
  }
  void TearDown() override {
    store_.reset();
    fs::remove_all(root_);
  }

  void add(const std::string& id, const std::string& date, const std::vector<std::string>& parts) {
    RawDocument document;
    document.id = id;
    document.author_id = document.author_full_name = "a1";
    document.platform = "files";
    document.link = "/" + id;
    document.date = date;
    document.media_type = "text/plain";
    Features features;
    features.key = "k";
    features.clean.document_id = id;
    features.clean.version = 1;
    for (const std::string& part : parts) {
      if (!document.raw.empty()) document.raw += "\n\n";
      Chunk chunk;
      chunk.ordinal = features.chunks.size();
      chunk.id = id + ":" + std::to_string(chunk.ordinal);
      chunk.document_id = id;
      chunk.version = 1;
      chunk.range = {document.raw.size(), document.raw.size() + part.size()};
      chunk.text = part;
      features.chunks.push_back(chunk);
      document.raw += part;
    }
    document.verbatim = document.raw;
    document.content_hash = sha256(document.raw);
    features.clean.spans = {{{0, document.raw.size()}, SpanKind::kProse, RemovalReason::kNone}};
    store_->put_document(document, {id, "", "", "", ""});
    store_->put_features(features);
  }

  fs::path root_;
  QuietContext context_;
  std::unique_ptr<DocumentStore> store_;
};

TEST_F(Retrieving, JoinsNeighbours) {
  const Retriever retriever(context_, *store_);
  const Retrieval found = retriever.retrieve("loom cards", {});
  ASSERT_EQ(found.passages.size(), 1u);
  const Chunk& chunk = found.passages[0].chunk;
  EXPECT_EQ(chunk.text, "The loom weaves flowers of silk.\n\nIts woven cards weave on, stiff.");
  EXPECT_EQ(chunk.range.begin, 0u);
  EXPECT_EQ(chunk.range.end, chunk.text.size());
  RetrievalOptions apart;
  apart.stages.neighbours = false;
  EXPECT_EQ(retriever.retrieve("loom cards", apart).passages.size(), 2u);
}

TEST_F(Retrieving, FiltersByWhatTheRequestNames) {
  const Retriever retriever(context_, *store_);
  const Retrieval found = retriever.retrieve("mill in 2021", {});
  ASSERT_EQ(found.passages.size(), 1u);
  EXPECT_EQ(found.passages[0].chunk.document_id, "mills");
  EXPECT_FALSE(found.filter_dropped);
  const Retrieval dropped = retriever.retrieve("mill in 1999", {});
  EXPECT_EQ(dropped.passages.size(), 2u);
  EXPECT_TRUE(dropped.filter_dropped);
  RetrievalOptions strict;
  strict.filter.date_from = "2022";
  EXPECT_TRUE(retriever.retrieve("mill in 2021", strict).passages.empty());
}

TEST_F(Retrieving, LearnsOfAuthorsAndPlatformsThatCome) {
  const Retriever retriever(context_, *store_);
  const std::string request = "mill by Ada Lovelace on medium";
  EXPECT_EQ(retriever.retrieve(request, {}).understood.filter, PassageFilter{});
  // As another process brings them.
  const auto other = open_sqlite_document_store((root_ / "twin.db").string());
  other->put_author({"a2", "Ada", "Lovelace"});
  RawDocument document = *other->document("mills");
  document.platform = "medium";
  other->put_document(document, {"mills", "", "", "", ""});
  const UnderstoodRequest understood = retriever.retrieve(request, {}).understood;
  EXPECT_EQ(understood.filter.author_id, "a2");
  EXPECT_EQ(understood.filter.platform, "medium");
}

TEST_F(Retrieving, ExplainsRanks) {
  const Retriever retriever(context_, *store_);
  const Retrieval found = retriever.retrieve("mill", {});
  ASSERT_EQ(found.passages.size(), 2u);
  EXPECT_EQ(found.ranks.at("mills:0").bm25 + found.ranks.at("ships:0").bm25, 3u);
  EXPECT_EQ(found.ranks.at("mills:0").dense, 0u);
  EXPECT_EQ(found.passages[0].score, found.ranks.at(found.passages[0].chunk.id).bm25_score);
  EXPECT_FALSE(found.times.empty());
}

// Counts of a few words, as a vector.
class WordEmbedder final : public Embedder {
 public:
  size_t dimensions() const override { return 4; }
  size_t max_tokens() const override { return 100; }
  size_t count_tokens(std::string_view text, EmbedAs) const override { return text.size() / 4; }
  std::string identity() const override { return "words"; }
  std::vector<float> embed(Context&, std::span<const std::string> texts, EmbedAs) override {
    std::vector<float> rows;
    for (const std::string& text : texts) {
      float row[4] = {0.01f, 0, 0, 0};
      const char* const words[] = {"", "weav", "corn", "sail"};
      float squares = row[0] * row[0];
      for (int i = 1; i < 4; ++i) {
        row[i] = text.find(words[i]) == std::string::npos ? 0.0f : 1.0f;
        squares += row[i] * row[i];
      }
      for (const float value : row) rows.push_back(value / std::sqrt(squares));
    }
    return rows;
  }
};

// The shorter, the better; a token for each byte.
class LengthReranker final : public Reranker {
 public:
  size_t max_tokens() const override { return most; }
  size_t count_tokens(std::string_view query, std::string_view passage) const override {
    return query.size() + passage.size();
  }
  std::string identity() const override { return "length"; }
  std::vector<float> scores(Context&, std::string_view query,
                            std::span<const std::string> passages) override {
    std::vector<float> scores;
    for (const std::string& passage : passages) {
      EXPECT_FALSE(passage.empty());
      if (most > 0 && count_tokens(query, passage) > most) {
        throw Error(ErrorCode::kBadInput, "too long");
      }
      scores.push_back(-static_cast<float>(passage.size()));
    }
    return scores;
  }
  size_t most = 0;
};

class RetrievingByMeaning : public Retrieving {
 protected:
  void SetUp() override {
    Retrieving::SetUp();
    vectors_ = open_embedded_vector_store(context_, root_ / "vectors.db",
                                          {.dimensions = 4, .embedder = "words"});
    for (const DocumentSummary& document : store_->documents()) {
      const Features features = *store_->features(document.id);
      for (const Chunk& chunk : features.chunks) {
        VectorPoint point;
        point.id = chunk.id;
        point.document_id = document.id;
        point.ordinal = chunk.ordinal;
        point.author_id = document.author_id;
        point.date = document.date;
        point.vector = embedder_.embed(context_, std::span(&chunk.text, 1), EmbedAs::kDocument);
        vectors_->upsert(std::span(&point, 1));
      }
    }
  }
  void TearDown() override {
    vectors_.reset();
    Retrieving::TearDown();
  }

  WordEmbedder embedder_;
  LengthReranker reranker_;
  std::unique_ptr<VectorStore> vectors_;
};

TEST_F(RetrievingByMeaning, FindsWithoutACommonWord) {
  const Retriever retriever(context_, *store_, {vectors_.get(), &embedder_, nullptr});
  RetrievalOptions options;
  options.min_similarity = 0.5;
  const Retrieval found = retriever.retrieve("sailcloth", options);
  ASSERT_EQ(found.passages.size(), 1u);
  EXPECT_EQ(found.passages[0].chunk.document_id, "ships");
  EXPECT_NEAR(found.passages[0].score, 1, 1e-3) << "the cosine, of one ranking alone";
  EXPECT_TRUE(retriever.retrieve("nothing known", options).passages.empty());
}

TEST_F(RetrievingByMeaning, FusesBothRankings) {
  const Retriever retriever(context_, *store_, {vectors_.get(), &embedder_, nullptr});
  const Retrieval found = retriever.retrieve("mill sails", {});
  ASSERT_FALSE(found.passages.empty());
  EXPECT_EQ(found.passages[0].chunk.document_id, "ships") << "both find it";
  const PassageRanks& ranks = found.ranks.at("ships:0");
  EXPECT_DOUBLE_EQ(ranks.fused_score, 1.0 / (60 + static_cast<double>(ranks.bm25)) +
                                          1.0 / (60 + static_cast<double>(ranks.dense)));
}

TEST_F(RetrievingByMeaning, TheRerankerHasTheLastWord) {
  const Retriever retriever(context_, *store_, {vectors_.get(), &embedder_, &reranker_});
  RetrievalOptions options;
  options.stages.neighbours = false;
  const Retrieval found = retriever.retrieve("mill loom cards", options);
  ASSERT_EQ(found.passages.size(), 4u);
  for (size_t i = 1; i < 4; ++i) {
    EXPECT_LE(found.passages[i - 1].chunk.text.size(), found.passages[i].chunk.text.size());
  }
  options.reranked = 2;
  const Retrieval two = retriever.retrieve("mill loom cards", options);
  ASSERT_EQ(two.passages.size(), 4u);
  EXPECT_GT(two.passages[1].score, two.passages[2].score) << "those not read come last";
}

TEST_F(RetrievingByMeaning, TheRerankerReadsTheBeginningOfLongPassagesAndThatIsTold) {
  const Retriever retriever(context_, *store_, {vectors_.get(), &embedder_, &reranker_});
  RetrievalOptions options;
  options.stages.neighbours = false;
  const std::string request = "mill loom cards";
  EXPECT_EQ(retriever.retrieve(request, options).cut_for_reranker, 0u);
  reranker_.most = request.size() + std::string("The loom weaves flowers of silk.").size();
  const Retrieval found = retriever.retrieve(request, options);
  ASSERT_EQ(found.passages.size(), 4u);
  EXPECT_EQ(found.cut_for_reranker, 2u) << "those of mills and ships";
  reranker_.most = request.size();
  EXPECT_THROW(retriever.retrieve(request, options), Error) << "no room for any passage";
}

TEST(RetrievalMeasures, AreThoseOfTrecEval) {
  // Two of three answers, at places 1 and 3, one of gain 2.
  const QueryMeasures found = measure_ranking({"a", "x", "b"}, {{"a", 1}, {"b", 2}, {"c", 1}});
  const double ideal = 2 + 1 / std::log2(3) + 1 / std::log2(4);
  EXPECT_NEAR(found.ndcg_at_10, (1 + 2 / std::log2(4)) / ideal, 1e-12);
  EXPECT_NEAR(found.recall_at_10, 2.0 / 3, 1e-12);
  EXPECT_EQ(found.mrr_at_10, 1);
  EXPECT_EQ(measure_ranking({}, {{"a", 1}}).ndcg_at_10, 0);
  EXPECT_EQ(measure_ranking({"x", "a"}, {{"a", 1}}).mrr_at_10, 0.5);
}

TEST(RetrievalSetFiles, SayWhatIsWrongAndWhere) {
  const auto message = [](const auto& read) {
    try {
      read();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadInput);
      return std::string(error.what());
    }
    return std::string();
  };
  const auto texts = [&](std::string_view bytes) {
    return message([&] { read_set_texts(bytes, "f"); });
  };
  EXPECT_EQ(texts("{\"_id\": \"a\", \"text\": \"t\"}\n\n"), "");
  EXPECT_EQ(texts("\n{\"_id\": \"a\"}"), "f: line 2: \"text\" is missing");
  EXPECT_EQ(texts("{\"_id\": 1, \"text\": \"t\"}"), "f: line 1: \"_id\" is not a string");
  EXPECT_NE(texts("{\"_id\": \"a\", \"text\": \"t\"}\n{\"_id\": \"a\", \"text\": \"t\"}"), "");
  EXPECT_NE(texts("{"), "");
  const auto judged = [&](std::string_view bytes) {
    return message([&] { read_judgements(bytes, "f"); });
  };
  EXPECT_EQ(judged("query-id\tcorpus-id\tscore\nq\td\t1\n"), "");
  EXPECT_EQ(judged("q\td\t1\nq\td\tx\n"), "f: line 2: the score 'x' is not a whole number");
  EXPECT_NE(judged("q d 1"), "");
}

TEST_F(RetrievingByMeaning, MeasuresEachStage) {
  RetrievalSet set;
  set.queries = {{"q1", "", "loom"}, {"q2", "", "sailcloth"}};
  set.judged = {{"q1", {{"looms", 1}}}, {"q2", {{"ships", 1}}}};
  const Retriever retriever(context_, *store_, {vectors_.get(), &embedder_, nullptr});
  const auto measures =
      evaluate_retrieval(context_, retriever, set, retrieval_configurations(retriever, {}), 1);
  const auto ndcg = [&](const std::string& name) {
    for (const RetrievalMeasures& way : measures) {
      if (way.name == name) return way.ndcg_at_10.mean;
    }
    return -1.0;
  };
  EXPECT_EQ(ndcg("bm25"), 0.5);
  EXPECT_GT(ndcg("fused"), 0.5);
  EXPECT_EQ(ndcg("all"), ndcg("all without self_query"));
  EXPECT_EQ(ndcg("all without dense"), 0.5);
  EXPECT_EQ(ndcg("reranked"), -1) << "no model";
  EXPECT_NE(retrieval_plot(measures, "set").find("all without dense"), std::string::npos);
}

}  // namespace
}  // namespace twin
