// The hub's client against a hub in this process: the API, a redirect to another origin, ranges,
// connections that break, wrong contents, refusals.

#include "models/hub/hub.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <fstream>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/error.h"
#include "base/files.h"
#include "base/hashing.h"
#include "base/json.h"
#include "models/hub/hub_files.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCommit = "0123456789abcdef0123456789abcdef01234567";

std::string git_hash(const std::string& bytes) {
  StreamHasher hasher(StreamHasher::Algorithm::kSha1);
  return hasher.add(fmt::format("blob {}", bytes.size())).add({"\0", 1}).add(bytes).finish();
}

// A server on a port of the system's choosing, for as long as it lives.
class TestServer {
 public:
  void start() {
    const int port = server.bind_to_any_port("127.0.0.1");
    url = fmt::format("http://127.0.0.1:{}", port);
    thread_ = std::thread([this] { server.listen_after_bind(); });
    while (!server.is_running()) std::this_thread::yield();
  }
  ~TestServer() {
    server.stop();
    if (thread_.joinable()) thread_.join();
  }
  httplib::Server server;
  std::string url;

 private:
  std::thread thread_;
};

// A hub with one repository, acme/tiny. Large files (LFS) are redirected to the second server.
class FakeHub {
 public:
  FakeHub() {
    hub_.server.Get(R"(/api/models/acme/tiny/revision/(.+))",
                    [this](const httplib::Request& request, httplib::Response& response) {
                      list(request, response);
                    });
    hub_.server.Get(R"(/acme/tiny/resolve/([0-9a-f]+)/(.+))",
                    [this](const httplib::Request& request, httplib::Response& response) {
                      resolve(request, response);
                    });
    cdn_.server.Get(R"(/cdn/(.+))",
                    [this](const httplib::Request& request, httplib::Response& response) {
                      serve(request, response, request.matches[1].str());
                    });
    hub_.server.set_error_handler([this](const httplib::Request&, httplib::Response& response) {
      if (response.status == 404 && !response.has_header("X-Error-Code"))
        response.set_header("X-Error-Code", "RepoNotFound");
    });
    hub_.start();
    cdn_.start();
  }

  const std::string& url() const { return hub_.url; }
  void add(const std::string& path, const std::string& bytes, bool lfs = false) {
    files_[path] = {bytes, lfs};
  }
  struct Seen {
    std::string path, authorization, range, agent;
  };
  std::vector<Seen> seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

  // How the hub misbehaves.
  int status = 0;  // of every answer of the API, with this X-Error-Code
  std::string error_code;
  int busy_answers = 0;  // 503 before it answers
  int breaks = 0;        // connections of the CDN that end half-way
  bool ignore_ranges = false;
  bool wrong_contents = false;
  std::string listed_name;  // one more file of that name in the list

 private:
  struct File {
    std::string bytes;
    bool lfs;
  };

  void note(const httplib::Request& request) {
    const std::lock_guard lock(mutex_);
    seen_.push_back({request.path, request.get_header_value("Authorization"),
                     request.get_header_value("Range"), request.get_header_value("User-Agent")});
  }

  void list(const httplib::Request& request, httplib::Response& response) {
    note(request);
    if (busy_answers > 0) {
      --busy_answers;
      response.status = 503;
      return;
    }
    if (status != 0) {
      response.status = status;
      response.set_header("X-Error-Code", error_code);
      return;
    }
    Json siblings = Json::array();
    for (const auto& [path, file] : files_) {
      Json sibling = {
          {"rfilename", path}, {"size", file.bytes.size()}, {"blobId", git_hash(file.bytes)}};
      if (file.lfs) {
        sibling["lfs"] = {
            {"sha256", sha256(file.bytes)}, {"size", file.bytes.size()}, {"pointerSize", 134}};
      }
      siblings.push_back(sibling);
    }
    if (!listed_name.empty()) {
      siblings.push_back({{"rfilename", listed_name}, {"size", 1}, {"blobId", git_hash("x")}});
    }
    const Json document = {{"id", "acme/tiny"}, {"sha", kCommit}, {"siblings", siblings}};
    response.set_content(document.dump(), "application/json");
  }

  void resolve(const httplib::Request& request, httplib::Response& response) {
    const std::string path = request.matches[2].str();
    const auto it = files_.find(path);
    if (it == files_.end() || request.matches[1].str() != kCommit) {
      response.status = 404;
    } else if (it->second.lfs) {
      note(request);
      response.status = 302;
      response.set_header("Location", fmt::format("{}/cdn/{}", cdn_.url, path));
    } else {
      serve(request, response, path);
    }
  }

  void serve(const httplib::Request& request, httplib::Response& response,
             const std::string& path) {
    note(request);
    std::string bytes = files_.at(path).bytes;
    if (wrong_contents) bytes.back() ^= 1;
    if (ignore_ranges) {
      // cpp-httplib cuts what a handler sets to the range that was asked for; a provider of unknown
      // length is sent as it is.
      response.status = 200;
      response.set_chunked_content_provider("application/octet-stream",
                                            [bytes](size_t, httplib::DataSink& sink) {
                                              sink.write(bytes.data(), bytes.size());
                                              sink.done();
                                              return true;
                                            });
      return;
    }
    if (breaks > 0) {
      --breaks;
      response.set_content_provider(
          bytes.size(), "application/octet-stream",
          [bytes, told = false](size_t offset, size_t length, httplib::DataSink& sink) mutable {
            if (told) return false;  // hangs up
            told = true;
            return sink.write(bytes.data() + offset, std::max<size_t>(1, length / 2));
          });
      return;
    }
    response.set_content(bytes, "application/octet-stream");
  }

  std::mutex mutex_;
  std::vector<Seen> seen_;
  std::map<std::string, File> files_;
  TestServer cdn_, hub_;
};

std::string random_bytes(size_t size) {
  std::string bytes(size, '\0');
  uint32_t state = 1;
  for (char& byte : bytes) byte = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  return bytes;
}

class HubTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / fmt::format("twin_hub_test.{}", ::getpid());
    fs::remove_all(folder_);
    settings_.endpoint = fake_.url();
    settings_.cache = folder_ / "hub";
    fake_.add("config.json", R"({"model_type": "llama"})");
    fake_.add("tokenizer.json", "{}");
    fake_.add("model.safetensors", weights_, true);
    fake_.add("pytorch_model.bin", "pickle", true);
    fake_.add("README.md", "words");
  }
  void TearDown() override { fs::remove_all(folder_); }

  PulledModel pull(const std::string& name = "acme/tiny") {
    Hub hub(context_, *http_, settings_,
            {std::chrono::milliseconds(1), std::chrono::milliseconds(5), 4});
    return hub.pull(parse_hub_name(name).value());
  }
  // The error that pulling gives.
  Error failure(const std::string& name = "acme/tiny") {
    try {
      pull(name);
    } catch (const Error& error) {
      return error;
    }
    return {ErrorCode::kFailed, "no error"};
  }
  fs::path blob(const std::string& hash) const {
    return settings_.cache / "models--acme--tiny" / "blobs" / hash;
  }
  void write(const fs::path& path, const std::string& bytes) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
  }

  const std::string weights_ = random_bytes(300'000);
  FakeHub fake_;
  fs::path folder_;
  HubSettings settings_;
  QuietContext context_;
  std::unique_ptr<HttpClient> http_ = make_http_client(context_);
};

TEST_F(HubTest, FetchesWhatTheEngineNeedsInTheCachesLayout) {
  const PulledModel pulled = pull();
  EXPECT_EQ(pulled.files,
            (std::vector<std::string>{"config.json", "model.safetensors", "tokenizer.json"}));
  EXPECT_EQ(pulled.downloaded_bytes, pulled.bytes);
  EXPECT_EQ(pulled.path, settings_.cache / "models--acme--tiny" / "snapshots" / kCommit);
  EXPECT_EQ(fs::read_symlink(pulled.path / "model.safetensors"),
            fs::path("../../blobs") / sha256(weights_));
  EXPECT_EQ(fs::read_symlink(pulled.path / "tokenizer.json"),
            fs::path("../../blobs") / git_hash("{}"));
  EXPECT_EQ(read_file(pulled.path / "model.safetensors"), weights_);
  EXPECT_EQ(read_file(settings_.cache / "models--acme--tiny" / "refs" / "main"), kCommit);
  EXPECT_FALSE(fs::exists(pulled.path / "README.md"));
  for (const FakeHub::Seen& seen : fake_.seen()) {
    EXPECT_TRUE(seen.agent.starts_with("twin-writer/")) << seen.agent;
  }

  const PulledModel again = pull();
  EXPECT_EQ(again.downloaded_bytes, 0u);
  EXPECT_EQ(again.path, pulled.path);
}

TEST_F(HubTest, TokenGoesToTheHubAlone) {
  settings_.token = "hf_secret";
  pull();
  size_t with = 0, without = 0;
  for (const FakeHub::Seen& seen : fake_.seen()) {
    if (seen.path.starts_with("/cdn/")) {
      EXPECT_EQ(seen.authorization, "");
      ++without;
    } else {
      EXPECT_EQ(seen.authorization, "Bearer hf_secret");
      ++with;
    }
  }
  EXPECT_GT(with, 0u);
  EXPECT_EQ(without, 1u);
}

TEST_F(HubTest, GoesOnWhereItWasKilled) {
  write(blob(sha256(weights_) + ".incomplete"), weights_.substr(0, 100'000));
  const PulledModel pulled = pull();
  EXPECT_EQ(read_file(pulled.path / "model.safetensors"), weights_);
  EXPECT_EQ(pulled.bytes - pulled.downloaded_bytes, 100'000u);
  bool asked = false;
  for (const FakeHub::Seen& seen : fake_.seen()) asked |= seen.range == "bytes=100000-";
  EXPECT_TRUE(asked);
  EXPECT_FALSE(fs::exists(blob(sha256(weights_) + ".incomplete")));
}

TEST_F(HubTest, BrokenConnectionsAndBusyAnswersAreTriedAgain) {
  fake_.breaks = 9;  // more than the attempts, but each brings something
  fake_.busy_answers = 2;
  EXPECT_EQ(read_file(pull().path / "model.safetensors"), weights_);
}

TEST_F(HubTest, GivesUpOnAHubThatStaysBusy) {
  fake_.busy_answers = 100;
  const Error error = failure();
  EXPECT_EQ(error.code(), ErrorCode::kRemote);
  EXPECT_NE(std::string(error.what()).find("503"), std::string::npos) << error.what();
  EXPECT_EQ(fake_.seen().size(), 4u);
}

TEST_F(HubTest, DamagedRemainsAreFetchedAnew) {
  write(blob(sha256(weights_) + ".incomplete"), std::string(100'000, 'x'));
  EXPECT_EQ(read_file(pull().path / "model.safetensors"), weights_);
}

TEST_F(HubTest, RemainsLongerThanTheFileAreDropped) {
  write(blob(sha256(weights_) + ".incomplete"), weights_ + "more");
  EXPECT_EQ(read_file(pull().path / "model.safetensors"), weights_);
}

TEST_F(HubTest, AServerWithoutRangesSendsTheWholeFile) {
  fake_.ignore_ranges = true;
  write(blob(sha256(weights_) + ".incomplete"), weights_.substr(0, 1000));
  EXPECT_EQ(read_file(pull().path / "model.safetensors"), weights_);
}

TEST_F(HubTest, WrongContentsAreNeverKept) {
  fake_.wrong_contents = true;
  const Error error = failure();
  EXPECT_EQ(error.code(), ErrorCode::kRemote);
  EXPECT_NE(std::string(error.what()).find("hash"), std::string::npos) << error.what();
  EXPECT_FALSE(find_cached_model(settings_.cache, parse_hub_name("acme/tiny").value()));
  fake_.wrong_contents = false;
  EXPECT_EQ(read_file(pull().path / "model.safetensors"), weights_);
}

TEST_F(HubTest, RefusalsSayWhatToDo) {
  fake_.status = 401;
  fake_.error_code = "GatedRepo";
  EXPECT_NE(std::string(failure().what()).find("accept its terms"), std::string::npos);
  fake_.status = 404;
  fake_.error_code = "RevisionNotFound";
  EXPECT_NE(std::string(failure("acme/tiny@v9").what()).find("'v9'"), std::string::npos);
  fake_.status = 403;
  fake_.error_code = "";
  EXPECT_NE(std::string(failure().what()).find("HF_TOKEN"), std::string::npos);
  const Error missing = failure("acme/other");
  EXPECT_EQ(missing.code(), ErrorCode::kRemote);
  EXPECT_NE(std::string(missing.what()).find("no such repository"), std::string::npos);
}

TEST_F(HubTest, NamesThatLeaveTheFolderAreRefused) {
  for (const char* name : {"../evil", "/etc/passwd", "a/../../b", "a//b", "a\\b", "."}) {
    fake_.listed_name = name;
    EXPECT_EQ(failure().code(), ErrorCode::kRemote) << name;
  }
  EXPECT_FALSE(fs::exists(settings_.cache / "models--acme--tiny" / "snapshots"));
}

TEST_F(HubTest, OfflineFindsWhatWasPulled) {
  settings_.offline = true;
  EXPECT_EQ(failure().code(), ErrorCode::kUsage);
  settings_.offline = false;
  const PulledModel pulled = pull();
  settings_.offline = true;
  EXPECT_EQ(pull().path, pulled.path);
  EXPECT_EQ(pull().bytes, pulled.bytes);
  const std::vector<CachedModel> models = cached_models(settings_.cache);
  ASSERT_EQ(models.size(), 1u);
  EXPECT_EQ(models[0].repository, "acme/tiny");
  EXPECT_EQ(models[0].path, pulled.path);
}

TEST_F(HubTest, TwoPullsAtOnceFetchEachFileOnce) {
  const auto work = [&] {
    QuietContext context;
    const auto http = make_http_client(context);
    Hub hub(context, *http, settings_);
    EXPECT_EQ(read_file(hub.pull(parse_hub_name("acme/tiny").value()).path / "model.safetensors"),
              weights_);
  };
  std::thread first(work), second(work);
  first.join();
  second.join();
  size_t fetched = 0;
  for (const FakeHub::Seen& seen : fake_.seen()) fetched += seen.path == "/cdn/model.safetensors";
  EXPECT_EQ(fetched, 1u);
}

TEST_F(HubTest, OneGgufFileByItsQuantisation) {
  fake_.add("tiny-Q8_0.gguf", "eight", true);
  fake_.add("tiny-Q4_0.gguf", "four", true);
  const PulledModel pulled = pull("acme/tiny:q8_0");
  EXPECT_EQ(pulled.path.filename(), "tiny-Q8_0.gguf");
  EXPECT_EQ(read_file(pulled.path), "eight");
  EXPECT_EQ(find_cached_model(settings_.cache, parse_hub_name("acme/tiny:Q8_0").value()),
            pulled.path);
  EXPECT_EQ(find_cached_model(settings_.cache, parse_hub_name("acme/tiny").value()), pulled.path);
  EXPECT_EQ(failure("acme/tiny:Q2_K").code(), ErrorCode::kUsage);
}

TEST(HubName, IsOwnerNameFileAndRevision) {
  const HubName name = parse_hub_name("HuggingFaceTB/SmolLM2-135M:a/b.gguf@refs/pr/1").value();
  EXPECT_EQ(name.owner, "HuggingFaceTB");
  EXPECT_EQ(name.name, "SmolLM2-135M");
  EXPECT_EQ(name.file, "a/b.gguf");
  EXPECT_EQ(name.revision, "refs/pr/1");
  EXPECT_EQ(parse_hub_name("a/b")->revision, "main");
  for (const char* text : {"", "base", "/a/b", "a/b/c", "./a", "../b", "a/..", "a--b/c", "a/b:../c",
                           "a/b@../../x", "a/b:", "a/-b", "~/a", "a b/c"}) {
    EXPECT_FALSE(parse_hub_name(text)) << text;
  }
}

TEST(PickFiles, LeavesCopiesAndOtherFormatsOut) {
  const std::vector<std::string> paths = {"README.md",
                                          "config.json",
                                          "model.safetensors",
                                          "consolidated.safetensors",
                                          "model.fp16.safetensors",
                                          "original/model.safetensors",
                                          "onnx/model.onnx",
                                          "additional_chat_templates/tool_use.jinja",
                                          "old/additional_chat_templates/rag.jinja",
                                          "tokenizer.json",
                                          "model-q4_0.gguf"};
  EXPECT_EQ(
      pick_files(paths, "", "a/b"),
      (std::vector<std::string>{"config.json", "model.safetensors",
                                "additional_chat_templates/tool_use.jinja", "tokenizer.json"}));
  EXPECT_EQ(pick_files(paths, "*.json", "a/b"),
            (std::vector<std::string>{"config.json", "tokenizer.json"}));
}

TEST(PickFiles, AnEmbeddersModulesComeWithIt) {
  const std::vector<std::string> paths = {"1_Pooling/config.json",
                                          "README.md",
                                          "config.json",
                                          "config_sentence_transformers.json",
                                          "model.safetensors",
                                          "modules.json",
                                          "onnx/1_Pooling/config.json",
                                          "onnx/model.onnx",
                                          "openvino/openvino_model.bin",
                                          "pytorch_model.bin",
                                          "sentence_bert_config.json",
                                          "tokenizer.json",
                                          "tokenizer_config.json",
                                          "vocab.txt"};
  EXPECT_EQ(pick_files(paths, "", "sentence-transformers/all-MiniLM-L6-v2"),
            (std::vector<std::string>{"1_Pooling/config.json", "config.json",
                                      "config_sentence_transformers.json", "model.safetensors",
                                      "modules.json", "sentence_bert_config.json", "tokenizer.json",
                                      "tokenizer_config.json", "vocab.txt"}));
}

TEST(PickFiles, TakesAllPartsOfOneGguf) {
  const std::vector<std::string> paths = {"Q8_0/m-Q8_0-00001-of-00002.gguf",
                                          "Q8_0/m-Q8_0-00002-of-00002.gguf", "m-Q4_K_M.gguf",
                                          "m-Q4_K.gguf", "mmproj-m-Q4_K.gguf"};
  EXPECT_EQ(pick_files(paths, "q8_0", "a/b"), (std::vector<std::string>{paths[0], paths[1]}));
  EXPECT_EQ(pick_files(paths, "Q4_K", "a/b"), (std::vector<std::string>{paths[3]}));
  EXPECT_EQ(entry_file(pick_files(paths, "q8_0", "a/b")), paths[0]);
  EXPECT_THROW(pick_files(paths, "", "a/b"), Error);
  EXPECT_THROW(pick_files(paths, "Q5_K", "a/b"), Error);
  EXPECT_THROW(pick_files(std::vector<std::string>{"pytorch_model.bin"}, "", "a/b"), Error);
}

TEST(MatchesPattern, StarIsAnyRunAndQuestionMarkOneCharacter) {
  EXPECT_TRUE(matches_pattern("a/b.gguf", "*.gguf"));
  EXPECT_TRUE(matches_pattern("model-00001-of-00002.safetensors", "model-*-of-0000?.*"));
  EXPECT_TRUE(matches_pattern("", "*"));
  EXPECT_FALSE(matches_pattern("a.gguf.bak", "*.gguf"));
  EXPECT_FALSE(matches_pattern("a", "?a"));
  EXPECT_FALSE(matches_pattern(std::string(5000, 'a'), "*a*a*a*a*a*a*a*a*b"));
}

TEST(HubSettings, VariablesAreThoseOfTheOtherClient) {
  std::map<std::string, std::string> set = {{"HOME", "/home/ada"}};
  const auto lookup = [&](const char* name) {
    const auto it = set.find(name);
    return it == set.end() ? nullptr : it->second.c_str();
  };
  EXPECT_EQ(hub_settings(lookup).cache, "/home/ada/.cache/huggingface/hub");
  EXPECT_EQ(hub_settings(lookup).endpoint, "https://huggingface.co");
  EXPECT_FALSE(hub_settings(lookup).offline);
  set["HF_HOME"] = "~/hf";
  EXPECT_EQ(hub_settings(lookup).cache, "/home/ada/hf/hub");
  set["HF_HUB_CACHE"] = "/cache";
  set["HF_ENDPOINT"] = "https://mirror.test/";
  set["HF_TOKEN"] = " hf_a\n";
  set["HF_HUB_OFFLINE"] = "yes";
  EXPECT_EQ(hub_settings(lookup).cache, "/cache");
  EXPECT_EQ(hub_settings(lookup).endpoint, "https://mirror.test");
  EXPECT_EQ(hub_settings(lookup).token, "hf_a");
  EXPECT_TRUE(hub_settings(lookup).offline);
  set["HF_TOKEN"] = "hf_a\r\nX: y";
  EXPECT_THROW(hub_settings(lookup), Error);
  set["HF_TOKEN"] = "";
  set["HF_ENDPOINT"] = "mirror";
  EXPECT_THROW(hub_settings(lookup), Error);
}

}  // namespace
}  // namespace twin
