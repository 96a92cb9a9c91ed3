// Remote embedders and rerankers against a server in this process.

#include "models/remote_models.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/error.h"

namespace twin {
namespace {

class RemoteModels : public testing::Test {
 protected:
  void SetUp() override {
    server_.Post(
        "/v1/embeddings", [this](const httplib::Request& request, httplib::Response& response) {
          ++requests_;
          key_ = request.get_header_value("Authorization");
          if (failures_ > 0) {
            --failures_;
            response.status = 503;
            response.set_header("Retry-After", "0");
            return;
          }
          if (status_ != 200) {
            response.status = status_;
            response.set_content(answer_, "application/json");
            return;
          }
          if (!answer_.empty()) return response.set_content(answer_, "application/json");
          const Json body = parse_json(request.body, "request");
          last_ = body;
          Json data = Json::array();
          // Last first: the index counts, not the order.
          for (size_t i = body["input"].size(); i-- > 0;) {
            const auto length = static_cast<double>(body["input"][i].get<std::string>().size());
            data.push_back({{"index", i}, {"embedding", {length, 0, 2 * length}}});
          }
          response.set_content(dump_json(Json{{"data", data}}), "application/json");
        });
    server_.Post(
        "/v1/rerank", [this](const httplib::Request& request, httplib::Response& response) {
          ++requests_;
          if (!answer_.empty()) return response.set_content(answer_, "application/json");
          const Json body = parse_json(request.body, "request");
          Json results = Json::array();
          for (size_t i = body["documents"].size(); i-- > 0;) {
            const auto size = body["documents"][i].get<std::string>().size();
            results.push_back({{"index", i}, {"relevance_score", static_cast<double>(size) / 10}});
          }
          response.set_content(dump_json(Json{{"results", results}}), "application/json");
        });
    const int port = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    options_.url = fmt::format("http://127.0.0.1:{}/v1/", port);
    options_.model = "small";
    options_.dimensions = 3;
    options_.backoff = {.first = std::chrono::milliseconds(1),
                        .longest = std::chrono::milliseconds(5),
                        .attempts = 3};
    http_ = make_http_client(context_.context());
  }
  void TearDown() override {
    http_.reset();  // its open connection would keep the server waiting
    server_.stop();
    thread_.join();
  }

  std::unique_ptr<Embedder> embedder() const {
    return make_remote_embedder(*http_, options_, [](const char* name) -> const char* {
      return std::string_view(name) == "KEY" ? "secret" : nullptr;
    });
  }
  std::string message_of(const std::function<void()>& call, ErrorCode code) const {
    try {
      call();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      return error.what();
    }
    return "no error";
  }

  QuietContext context_{1};
  httplib::Server server_;
  std::thread thread_;
  std::unique_ptr<HttpClient> http_;
  RemoteOptions options_;
  std::atomic<int> requests_ = 0, failures_ = 0, status_ = 200;
  std::string answer_, key_;
  Json last_;
};

TEST_F(RemoteModels, VectorsComeInBatchesInOrderAndOfUnitLength) {
  options_.max_batch_texts = 2;
  options_.query_prefix = "q: ";
  options_.request_dimensions = true;
  options_.api_key_variable = "KEY";
  const std::vector<std::string> texts = {"a", "bb", "ccc", "dddd", "eeeee"};
  const auto vectors = embedder()->embed(context_, texts, EmbedAs::kQuery);
  ASSERT_EQ(vectors.size(), 15u);
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_FLOAT_EQ(vectors[3 * i], 1 / std::sqrt(5.0f));
    EXPECT_FLOAT_EQ(vectors[3 * i + 2], 2 / std::sqrt(5.0f));
  }
  EXPECT_EQ(requests_, 3);
  EXPECT_EQ(key_, "Bearer secret");
  EXPECT_EQ(last_.at("input").at(0), "q: eeeee");
  EXPECT_EQ(last_.at("dimensions"), 3);
  EXPECT_EQ(last_.at("model"), "small");
}

TEST_F(RemoteModels, BusyServiceIsAskedAgainAndThenGivenUp) {
  failures_ = 2;
  const std::vector<std::string> texts = {"a"};
  EXPECT_EQ(embedder()->embed(context_, texts, EmbedAs::kDocument).size(), 3u);
  EXPECT_EQ(requests_, 3);
  failures_ = 100;
  const std::string message = message_of(
      [&] { embedder()->embed(context_, texts, EmbedAs::kDocument); }, ErrorCode::kRemote);
  EXPECT_NE(message.find("given up after 3"), std::string::npos) << message;
}

TEST_F(RemoteModels, RefusalsSayWhatTheServiceSaidAndNeverTheKey) {
  options_.api_key_variable = "KEY";
  answer_ = R"({"error": {"message": "no such model", "type": "x"}})";
  const std::vector<std::string> texts = {"a"};
  for (const int status : {400, 401, 404}) {
    requests_ = 0;
    status_ = status;
    const std::string message = message_of(
        [&] { embedder()->embed(context_, texts, EmbedAs::kDocument); }, ErrorCode::kRemote);
    EXPECT_NE(message.find("no such model"), std::string::npos) << message;
    EXPECT_EQ(message.find("secret"), std::string::npos) << message;
    EXPECT_EQ(requests_, 1);
  }
}

TEST_F(RemoteModels, AKeyThatMayBeMissingIsAskedForWhereTheServiceWantsOne) {
  options_.api_key_variable = "ABSENT";
  options_.api_key_is_optional = true;
  const std::vector<std::string> texts = {"a"};
  EXPECT_EQ(embedder()->embed(context_, texts, EmbedAs::kDocument).size(), 3u);
  EXPECT_EQ(key_, "");
  status_ = 401;
  const std::string message = message_of(
      [&] { embedder()->embed(context_, texts, EmbedAs::kDocument); }, ErrorCode::kRemote);
  EXPECT_NE(message.find("ABSENT"), std::string::npos) << message;
}

TEST_F(RemoteModels, AnswersThatAreNotWhatTheyShouldBeAreRefused) {
  const std::vector<std::string> texts = {"a", "b"};
  const auto remote = embedder();
  for (const char* answer :
       {"not json", "[]", R"({"data": []})", R"({"data": [{"embedding": [1, 2, 3]}, 5]})",
        R"({"data": [{"index": 0, "embedding": [1, 2, 3]}, {"index": 0, "embedding": [1, 2, 3]}]})",
        R"({"data": [{"index": 0, "embedding": [1, 2, 3]}, {"index": 2, "embedding": [1, 2, 3]}]})",
        R"({"data": [{"embedding": [1, 2]}, {"embedding": [1, 2]}]})",
        R"({"data": [{"embedding": [1, 2, "x"]}, {"embedding": [1, 2, 3]}]})",
        R"({"data": [{"embedding": [1, 2, 1e300]}, {"embedding": [1, 2, 3]}]})"}) {
    answer_ = answer;
    const std::string message =
        message_of([&] { remote->embed(context_, texts, EmbedAs::kDocument); }, ErrorCode::kRemote);
    EXPECT_NE(message.find("small"), std::string::npos) << answer << ": " << message;
  }
  answer_ = std::string(size_t{1} << 20, ' ');  // longer than two vectors can be
  message_of([&] { remote->embed(context_, texts, EmbedAs::kDocument); }, ErrorCode::kRemote);
}

TEST_F(RemoteModels, WhatCannotBeSentIsRefusedBefore) {
  options_.max_text_bytes = 10;
  const std::vector<std::string> longer = {"a", "01234567890"}, empty = {""};
  const std::string message = message_of(
      [&] { embedder()->embed(context_, longer, EmbedAs::kDocument); }, ErrorCode::kBadInput);
  EXPECT_NE(message.find("text 2, '01234567890'"), std::string::npos) << message;
  message_of([&] { embedder()->embed(context_, empty, EmbedAs::kDocument); }, ErrorCode::kBadInput);
  options_.api_key_variable = "ABSENT";
  message_of([&] { embedder(); }, ErrorCode::kUsage);
  options_.api_key_variable = "";
  options_.dimensions = 0;
  message_of([&] { embedder(); }, ErrorCode::kUsage);
  EXPECT_EQ(requests_, 0);
}

TEST_F(RemoteModels, IdentityChangesWithModelAndPrefix) {
  const std::string first = embedder()->identity();
  options_.query_prefix = "q";
  EXPECT_NE(embedder()->identity(), first);
  options_.query_prefix = "";
  options_.model = "large";
  EXPECT_NE(embedder()->identity(), first);
}

TEST_F(RemoteModels, RerankerScoresKeepThePassagesOrder) {
  options_.max_batch_texts = 2;
  const auto reranker = make_remote_reranker(*http_, options_);
  const std::vector<std::string> passages = {"a", "bb", "ccc"};
  EXPECT_EQ(reranker->scores(context_, "q", passages), (std::vector<float>{0.1f, 0.2f, 0.3f}));
  EXPECT_EQ(requests_, 2);
  options_.max_batch_texts = 8;
  const auto one = make_remote_reranker(*http_, options_);
  answer_ = R"([{"index": 2, "score": 3}, {"index": 0, "score": 1}, {"index": 1, "score": 2}])";
  EXPECT_EQ(one->scores(context_, "q", passages), (std::vector<float>{1, 2, 3}));
  for (const char* answer : {"{}", R"({"results": [{"index": 0, "relevance_score": 1}]})",
                             R"([{"index": 0}, {"index": 1}, {"index": 2}])",
                             R"([{"index": 0, "score": 1}, {"index": 0, "score": 1}, 5])"}) {
    answer_ = answer;
    message_of([&] { one->scores(context_, "q", passages); }, ErrorCode::kRemote);
  }
}

}  // namespace
}  // namespace twin
