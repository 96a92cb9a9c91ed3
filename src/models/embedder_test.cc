#include "models/embedder.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "models/reranker.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

// Source: transformers, tests/golden/make_encoder_golden.py.
const fs::path kGolden = fs::path(TWIN_SOURCE_DIR) / "tests/golden/encoders";

Json golden(const char* name, const char* file) {
  const fs::path path = kGolden / name / file;
  return parse_json(read_file(path), path.string());
}

float dot(const float* a, const float* b, size_t n) {
  float sum = 0;
  for (size_t i = 0; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadInput);
    return error.what();
  }
  return "no error";
}

// A copy of a golden folder that a test may change.
class Copy {
 public:
  explicit Copy(const char* name)
      : path_(fs::temp_directory_path() /
              ("twin_embedder_" + std::to_string(::getpid()) + "_" + name)) {
    fs::remove_all(path_);
    fs::copy(kGolden / name, path_, fs::copy_options::recursive);
  }
  ~Copy() { fs::remove_all(path_); }
  std::string path() const { return path_.string(); }
  void write(const char* file, const std::string& text) const {
    write_file_atomic(path_ / file, text);
  }
  void remove(const char* file) const { fs::remove_all(path_ / file); }

 private:
  fs::path path_;
};

class EachEmbedder : public ::testing::TestWithParam<const char*> {};

TEST_P(EachEmbedder, VectorsAreTransformersVectors) {
  QuietContext context(2);
  const auto embedder = load_embedder(context, (kGolden / GetParam()).string());
  const size_t D = embedder->dimensions();
  EXPECT_EQ(D, 32u);
  const Json all = golden(GetParam(), "vectors.json");
  for (const auto& [key, as] :
       {std::pair{"documents", EmbedAs::kDocument}, std::pair{"queries", EmbedAs::kQuery}}) {
    std::vector<std::string> texts;
    std::vector<std::vector<float>> wanted;
    for (const Json& item : all.at(key)) {
      texts.push_back(item.at("text").get<std::string>());
      wanted.push_back(item.at("vector").get<std::vector<float>>());
      EXPECT_EQ(embedder->count_tokens(texts.back(), as), item.at("tokens").get<size_t>());
    }
    const std::vector<float> vectors = embedder->embed(context, texts, as);
    ASSERT_EQ(vectors.size(), texts.size() * D);
    for (size_t i = 0; i < texts.size(); ++i) {
      for (size_t d = 0; d < D; ++d)
        EXPECT_NEAR(vectors[i * D + d], wanted[i][d], 2e-5) << texts[i];
      EXPECT_NEAR(dot(&vectors[i * D], &vectors[i * D], D), 1, 1e-5);
      // Alone as beside the others.
      const std::vector<float> alone = embedder->embed(context, {&texts[i], 1}, as);
      EXPECT_GT(dot(alone.data(), &vectors[i * D], D), 0.999999f);
    }
  }
  EXPECT_TRUE(embedder->embed(context, {}, EmbedAs::kDocument).empty());
}

INSTANTIATE_TEST_SUITE_P(Golden, EachEmbedder, ::testing::Values("bert_mean", "bert_cls", "qwen3"),
                         [](const auto& test) { return std::string(test.param); });

TEST(Embedder, LongTextIsAnErrorThatNamesIt) {
  QuietContext context(2);
  for (const char* name : {"bert_mean", "qwen3"}) {
    const auto embedder = load_embedder(context, (kGolden / name).string());
    std::string longer;
    while (embedder->count_tokens(longer, EmbedAs::kDocument) <= embedder->max_tokens()) {
      longer += "knives ";
    }
    const std::vector<std::string> texts = {"a", longer, "a"};
    const std::string message =
        message_of([&] { embedder->embed(context, texts, EmbedAs::kDocument); });
    EXPECT_NE(message.find("text 2 to embed, 'knives "), std::string::npos) << message;
    EXPECT_NE(message.find(std::to_string(embedder->max_tokens())), std::string::npos) << message;
  }
  EXPECT_EQ(load_embedder(context, (kGolden / "bert_mean").string())->max_tokens(), 64u);
}

TEST(Embedder, IdentityChangesWithAllThatAVectorDependsOn) {
  QuietContext context(1);
  const std::string path = (kGolden / "bert_cls").string();
  EmbedderOptions int8, prefixed, pooled;
  int8.compute = EncoderCompute::kInt8;
  prefixed.query_prefix = "query: ";
  pooled.pooling = Pooling::kMean;
  std::vector<std::string> identities = {load_embedder(context, path)->identity()};
  EXPECT_EQ(load_embedder(context, path)->identity(), identities.front());
  for (const EmbedderOptions& options : {int8, prefixed, pooled}) {
    identities.push_back(load_embedder(context, path, options)->identity());
  }
  identities.push_back(load_embedder(context, (kGolden / "bert_mean").string())->identity());
  std::sort(identities.begin(), identities.end());
  EXPECT_EQ(std::unique(identities.begin(), identities.end()), identities.end());
}

TEST(Embedder, LowerPrecisionStaysNear) {
  QuietContext context(2);
  const std::vector<std::string> texts = {"The chair would not close.", "coffee", "who why not"};
  for (const char* name : {"bert_mean", "bert_cls"}) {
    const std::string path = (kGolden / name).string();
    const auto exact = load_embedder(context, path)->embed(context, texts, EmbedAs::kDocument);
    for (const auto& [compute, least] :
         {std::pair{EncoderCompute::kBf16, 0.9995f}, std::pair{EncoderCompute::kInt8, 0.995f}}) {
      EmbedderOptions options;
      options.compute = compute;
      const auto vectors =
          load_embedder(context, path, options)->embed(context, texts, EmbedAs::kDocument);
      for (size_t i = 0; i < texts.size(); ++i) {
        EXPECT_GT(dot(&vectors[i * 32], &exact[i * 32], 32), least);
      }
    }
  }
}

TEST(Embedder, ThreadsMayAskAtOnce) {
  QuietContext context(2);
  const auto embedder = load_embedder(context, (kGolden / "bert_mean").string());
  const std::vector<std::string> texts(40, "The chair would not close, nor would the coffee.");
  const auto expected = embedder->embed(context, texts, EmbedAs::kDocument);
  std::vector<std::thread> threads;
  std::vector<std::vector<float>> results(3);
  for (auto& result : results) {
    threads.emplace_back([&] { result = embedder->embed(context, texts, EmbedAs::kDocument); });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& result : results) EXPECT_EQ(result, expected);
}

TEST(Embedder, BrokenFoldersAreRefusedWithTheirName) {
  QuietContext context(1);
  const auto refused = [&](const Copy& copy) {
    return message_of([&] { load_embedder(context, copy.path()); });
  };
  const auto contains = [](const std::string& text, const char* part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  {
    const Copy copy("bert_mean");
    copy.write("1_Pooling/config.json", R"({"pooling_mode_max_tokens": true})");
    contains(refused(copy), "'max'");
    copy.remove("1_Pooling");
    contains(refused(copy), "1_Pooling/config.json");
    copy.write("modules.json", R"([{"path": "../x", "type": "m.Transformer"}])");
    contains(refused(copy), "leads out");
    copy.write("modules.json", R"([{"path": "", "type": "m.Transformer"},
        {"path": "1_Pooling", "type": "m.Pooling"}, {"path": "2_Dense", "type": "m.Dense"}])");
    contains(refused(copy), "m.Dense");
    // Without any of sentence-transformers' files it is a model of transformers: the mean.
    copy.remove("modules.json");
    EXPECT_EQ(load_embedder(context, copy.path())->dimensions(), 32u);
    copy.write("model.safetensors", "short");
    contains(refused(copy), "model.safetensors");
    copy.remove("model.safetensors");
    contains(refused(copy), "model.safetensors");
  }
  {
    const Copy copy("bert_cls");
    Json config = golden("bert_cls", "config.json");
    config["hidden_size"] = 16;
    copy.write("config.json", dump_json(config));
    contains(refused(copy), "has shape");
    config["hidden_size"] = 32;
    config["num_hidden_layers"] = 1;
    copy.write("config.json", dump_json(config));
    contains(refused(copy), "has no place");
    config["num_hidden_layers"] = 3;
    copy.write("config.json", dump_json(config));
    contains(refused(copy), "is missing");
    config["position_embedding_type"] = "relative_key";
    copy.write("config.json", dump_json(config));
    contains(refused(copy), "relative_key");
  }
  EXPECT_THROW(load_embedder(context, "/no/such/folder"), Error);
  contains(message_of([&] { load_embedder(context, (kGolden / "reranker").string()); }),
           "reranker");
}

TEST(Reranker, ScoresAreTransformersLogits) {
  QuietContext context(2);
  const auto reranker = load_reranker(context, (kGolden / "reranker").string());
  const Json all = golden("reranker", "scores.json");
  std::vector<std::string> passages;
  for (const Json& item : all.at("passages")) {
    passages.push_back(item.at("text").get<std::string>());
  }
  const auto query = all.at("query").get<std::string>();
  const std::vector<float> scores = reranker->scores(context, query, passages);
  for (size_t i = 0; i < passages.size(); ++i) {
    EXPECT_NEAR(scores[i], all["passages"][i].at("score").get<float>(), 1e-4) << passages[i];
  }
  EXPECT_TRUE(reranker->scores(context, query, {}).empty());
  EXPECT_EQ(reranker->max_tokens(), 96u);
  EXPECT_EQ(reranker->identity().size(), 64u);
}

TEST(Reranker, CountsWhatItTakes) {
  QuietContext context(1);
  const auto reranker = load_reranker(context, (kGolden / "reranker").string());
  std::vector<std::string> passages = {""};
  while (reranker->count_tokens("who", passages[0]) < reranker->max_tokens()) passages[0] += "a ";
  EXPECT_EQ(reranker->count_tokens("who", passages[0]), reranker->max_tokens());
  EXPECT_EQ(reranker->scores(context, "who", passages).size(), 1u);
  passages[0] += "a";
  EXPECT_THROW(reranker->scores(context, "who", passages), Error);
}

TEST(Reranker, LongPassageAndOtherModelsAreRefused) {
  QuietContext context(1);
  const auto reranker = load_reranker(context, (kGolden / "reranker").string());
  std::string longer;
  for (int i = 0; i < 100; ++i) longer += "knives ";
  const std::vector<std::string> passages = {"a", longer};
  const std::string message = message_of([&] { reranker->scores(context, "who", passages); });
  EXPECT_NE(message.find("passage 2 to rank, 'knives"), std::string::npos) << message;
  EXPECT_THROW(load_reranker(context, (kGolden / "bert_mean").string()), Error);
}

}  // namespace
}  // namespace twin
