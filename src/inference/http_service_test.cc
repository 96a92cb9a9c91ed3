#include "inference/http_service.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cmath>
#include <filesystem>
#include <future>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/error.h"
#include "base/hashing.h"
#include "base/http_client.h"
#include "base/json.h"
#include "base/random.h"
#include "stores/vectors/copy_points.h"
#include "stores/vectors/vector_collections.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

// Stands in for a model: says what it was asked, as slowly as told.
class EchoGenerator : public TextGenerator {
 public:
  Result write(const WritingPrompt& prompt, const SamplingOptions& options,
               const std::function<bool(std::string_view)>&) override {
    const std::lock_guard lock(mutex_);  // one call at a time, as every generator
    if (fail) throw Error(ErrorCode::kBadInput, "the prompt is too long");
    std::this_thread::sleep_for(delay.load());
    last_ = prompt;
    Result result;
    result.text = "On " + prompt.title;
    result.context_bytes_cut = std::min(bytes_cut.load(), prompt.preceding.size());
    result.completion_tokens = options.max_new_tokens;
    return result;
  }
  std::string name() const override { return "echo"; }

  WritingPrompt last() const {
    const std::lock_guard lock(mutex_);
    return last_;
  }

  std::atomic<std::chrono::milliseconds> delay{std::chrono::milliseconds(0)};
  std::atomic<bool> fail = false;
  std::atomic<size_t> bytes_cut = 0;

 private:
  mutable std::mutex mutex_;
  WritingPrompt last_;
};

std::unique_ptr<DocumentStore> store_of(const fs::path& file,
                                        const std::vector<std::string>& texts) {
  auto store = open_sqlite_document_store(file.string());
  const Author author = author_from_full_name("Ada Lovelace");
  store->put_author(author);
  for (const std::string& text : texts) {
    RawDocument document;
    document.id = uuid_from_name(text);
    document.author_id = author.id;
    document.author_full_name = author.full_name();
    document.link = "/notes/" + document.id;
    document.title = "Note";
    document.media_type = "text/plain";
    document.raw = document.verbatim = text;
    document.content_hash = sha256(text);
    Item item;
    item.source = document.link;
    store->put_document(document, item);
    Features features;
    features.key = "k";
    const bool code = text.starts_with("    ");
    features.clean = {
        document.id,
        1,
        {{{0, text.size()}, code ? SpanKind::kCode : SpanKind::kProse, RemovalReason::kNone}}};
    Chunk chunk;
    chunk.id = document.id + ":0";
    chunk.document_id = document.id;
    chunk.version = 1;
    chunk.range = {0, text.size()};
    chunk.title = document.title;
    chunk.text = text;
    chunk.own_prose = !code;
    features.chunks = {chunk};
    store->put_features(features);
  }
  return store;
}

class Service : public ::testing::Test {
 protected:
  Service() {
    options_.port = 0;
    options_.author_name = "Ada Lovelace";
    options_.writing.retrieval.k = 3;
  }
  ~Service() override {
    if (running_.valid()) {
      service_->stop();
      running_.wait();
    }
    service_.reset();
    store_.reset();
    fs::remove_all(root_);
  }

  httplib::Client start() {
    retriever_ = std::make_unique<Retriever>(context_, *store_);
    service_ = std::make_unique<HttpService>(context_, *retriever_, *model_, options_);
    running_ = std::async(std::launch::async, [this] { service_->run(); });
    httplib::Client client("127.0.0.1", service_->port());
    for (int i = 0; i < 200 && !client.Get("/health"); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return client;
  }

  static Json body(const httplib::Result& result) { return parse_json(result->body, "answer"); }

  fs::path root_ = [] {
    const fs::path root = fs::temp_directory_path() / ("twin_http_" + std::to_string(::getpid()));
    fs::remove_all(root);
    fs::create_directories(root);
    return root;
  }();
  QuietContext context_{1};
  std::unique_ptr<DocumentStore> store_ =
      store_of(root_ / "twin.db", {"The engine weaves algebraic patterns.",
                                   "A loom weaves flowers.", "    engine = weave(patterns)"});
  EchoGenerator generator_;
  TextGenerator* model_ = &generator_;
  ServiceOptions options_;
  std::unique_ptr<Retriever> retriever_;
  std::unique_ptr<HttpService> service_;
  std::future<void> running_;
};

TEST_F(Service, AnswersWithSources) {
  auto client = start();
  const auto result = client.Post("/rag", R"({"query": "engine patterns"})", "application/json");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 200);
  const Json draft = body(result);
  EXPECT_EQ(draft["answer"], "On engine patterns");
  EXPECT_EQ(draft["found"], true);
  ASSERT_EQ(draft["sources"].size(), 1u) << "code is no source of a voice";
  const Json& source = draft["sources"][0];
  EXPECT_EQ(source["text"], "The engine weaves algebraic patterns.");
  EXPECT_EQ(source["begin"], 0);
  EXPECT_EQ(source["end"], source["text"].get<std::string>().size());
  EXPECT_GT(source["score"], 0);
  EXPECT_EQ(generator_.last().preceding, source["text"]);
}

TEST_F(Service, RunsHaveTheirPages) {
  options_.run_page = [](const std::string& name) -> std::optional<std::string> {
    if (name == "gone") return std::nullopt;
    return "<p>" + name + "</p>";
  };
  auto client = start();
  const auto all = client.Get("/runs");
  EXPECT_EQ(all->status, 200);
  EXPECT_EQ(all->body, "<p></p>");
  EXPECT_EQ(all->get_header_value("Content-Type"), "text/html; charset=utf-8");
  EXPECT_TRUE(all->get_header_value("Content-Security-Policy").starts_with("default-src 'none'"));
  EXPECT_EQ(client.Get("/runs/my%20run")->body, "<p>my run</p>");
  EXPECT_EQ(client.Get("/runs/gone")->status, 404);
  EXPECT_EQ(client.Get("/runs/a/b")->status, 404);
  EXPECT_EQ(client.Post("/runs", "", "text/plain")->status, 405);
  EXPECT_EQ(client.Post("/runs", "", "text/plain")->get_header_value("Allow"), "GET");
}

TEST_F(Service, WithoutRunsThereAreNoPagesOfThem) {
  auto client = start();
  EXPECT_EQ(client.Get("/runs")->status, 404);
}

TEST_F(Service, DraftsAreAsLongAsAskedFor) {
  auto client = start();
  const auto result =
      client.Post("/rag", R"({"query": "engine patterns", "words": 7})", "application/json");
  EXPECT_EQ(body(result)["answer"],
            "On engine patterns\n\nOn engine patterns\n\nOn engine patterns");
  EXPECT_EQ(generator_.last().preceding, "On engine patterns");
}

TEST_F(Service, OneDocumentDoesNotFillTheSources) {
  store_ = store_of(root_ / "other.db", {"The engine weaves.", "An engine hums.", "Engines rest."});
  RetrievalOptions options;
  options.stages.duplicates = options.stages.neighbours = false;
  EXPECT_EQ(Retriever(context_, *store_).retrieve("engine", options).passages.size(), 3u);
  Features features = *store_->features(uuid_from_name("The engine weaves."));
  for (size_t i = 1; i < 6; ++i) {
    features.chunks.push_back(features.chunks.front());
    features.chunks.back().ordinal = i;
    features.chunks.back().id = features.clean.document_id + ":" + std::to_string(i);
  }
  store_->put_features(features);
  EXPECT_EQ(Retriever(context_, *store_).retrieve("engine", options).passages.size(), 5u);
  options.most_per_document = 2;
  EXPECT_EQ(Retriever(context_, *store_).retrieve("engine", options).passages.size(), 4u);
}

TEST_F(Service, PassagesThatDidNotFitAreNoSources) {
  store_ = store_of(root_ / "other.db", {"The engine weaves and weaves, engine of engines.",
                                         "Somewhere a small engine hums to itself all day long."});
  auto client = start();
  const auto sources = [&] {
    return body(client.Post("/rag", R"({"query": "engine"})", "application/json"))["sources"]
        .size();
  };
  EXPECT_EQ(sources(), 2u);
  generator_.bytes_cut = 10;
  EXPECT_EQ(sources(), 2u) << "the start of the lesser one is cut, the rest was there";
  generator_.bytes_cut = 60;
  EXPECT_EQ(sources(), 1u);
  generator_.bytes_cut = 1000;
  EXPECT_EQ(sources(), 0u);
}

TEST_F(Service, NothingFoundIsSaidAndNothingWritten) {
  auto client = start();
  const auto result = client.Post("/rag", R"({"query": "xylophone"})", "application/json");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 200);
  EXPECT_EQ(body(result)["found"], false);
  EXPECT_EQ(body(result)["sources"].size(), 0u);
  EXPECT_EQ(generator_.last(), WritingPrompt{});
}

TEST_F(Service, WrongRequestsGetTheirStatusAndAClearMessage) {
  auto client = start();
  const struct {
    const char* body;
    int status;
    const char* says;
  } cases[] = {
      {"{bad", 400, "not valid JSON"},
      {"", 400, "not valid JSON"},
      {"[]", 422, "not a JSON object"},
      {"{}", 422, "'query' is missing"},
      {R"({"query": 3})", 422, "'query' is not a string"},
      {R"({"query": " \n"})", 422, "'query' is empty"},
      {R"({"query": "engine", "k": 0})", 422, "'k' is 0"},
      {R"({"query": "engine", "k": 1.5})", 422, "not an integer"},
      {R"({"query": "engine", "k": 1e300})", 422, "'k'"},
      {R"({"query": "engine", "temperature": "hot"})", 422, "not a number"},
      {R"({"query": "engine", "seed": -1})", 422, "'seed'"},
      {"[[[[[[[[[[[[[[]]]]]]]]]]]]]]", 400, "nested deeper"},
  };
  for (const auto& c : cases) {
    const auto result = client.Post("/rag", c.body, "application/json");
    ASSERT_TRUE(result) << c.body;
    EXPECT_EQ(result->status, c.status) << c.body;
    const Json error = body(result)["error"];
    EXPECT_EQ(error["status"], c.status);
    EXPECT_NE(error["message"].get<std::string>().find(c.says), std::string::npos) << error.dump();
  }
  EXPECT_EQ(client.Get("/health")->status, 200);
}

TEST_F(Service, LongBodiesAndQueriesAreRefused) {
  auto client = start();
  const auto body_too_long = client.Post("/rag", std::string(10'000'000, 'a'), "application/json");
  ASSERT_TRUE(body_too_long);
  EXPECT_EQ(body_too_long->status, 413);
  const auto query_too_long =
      client.Post("/rag", R"({"query": ")" + std::string(9000, 'a') + R"("})", "application/json");
  ASSERT_TRUE(query_too_long);
  EXPECT_EQ(query_too_long->status, 422);
  EXPECT_EQ(client.Get("/health")->status, 200);
}

TEST_F(Service, UnknownPathsAndMethodsAreNamed) {
  auto client = start();
  EXPECT_EQ(client.Get("/nope")->status, 404);
  EXPECT_EQ(client.Get("/rag")->status, 405);
  EXPECT_EQ(client.Get("/rag")->get_header_value("Allow"), "POST");
  EXPECT_EQ(client.Post("/health", "", "text/plain")->status, 405);
  EXPECT_EQ(client.Get("/")->status, 302);
}

TEST_F(Service, DocumentationIsServedWhole) {
  auto client = start();
  const Json openapi = body(client.Get("/openapi.json"));
  EXPECT_EQ(openapi["openapi"].get<std::string>().substr(0, 2), "3.");
  EXPECT_TRUE(openapi["paths"].contains("/rag"));
  const auto page = client.Get("/docs");
  EXPECT_NE(page->body.find("swagger-ui-bundle.js"), std::string::npos);
  EXPECT_EQ(page->body.find("https://"), std::string::npos) << "works offline";
  EXPECT_GT(client.Get("/docs/swagger-ui-bundle.js")->body.size(), 1'000'000u);
  EXPECT_GT(client.Get("/docs/swagger-ui.css")->body.size(), 50'000u);
}

TEST_F(Service, ModelErrorsAreAnsweredAndTheServiceLivesOn) {
  generator_.fail = true;
  auto client = start();
  const auto result = client.Post("/rag", R"({"query": "engine"})", "application/json");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 422);
  EXPECT_EQ(body(result)["error"]["message"], "the prompt is too long");
  generator_.fail = false;
  EXPECT_EQ(client.Post("/rag", R"({"query": "engine"})", "application/json")->status, 200);
}

// Sends bytes to the service and hangs up without reading.
void send_and_hang_up(int port, const std::string& bytes) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::send(socket, bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  const linger reset{1, 0};  // a hard reset, not a polite end
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  ::close(socket);
}

TEST_F(Service, ClientsThatHangUpCostNothingElse) {
  generator_.delay = std::chrono::milliseconds(50);
  auto client = start();
  const std::string json = R"({"query": "engine"})";
  const std::string whole =
      "POST /rag HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(json.size()) +
      "\r\n\r\n" + json;
  for (const size_t bytes : {whole.size(), whole.size() - 5, size_t{30}, size_t{3}}) {
    send_and_hang_up(service_->port(), whole.substr(0, bytes));
  }
  send_and_hang_up(service_->port(), std::string("\0\xff garbage\r\n\r\n", 14));
  const auto result = client.Post("/rag", json, "application/json");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 200);
}

TEST_F(Service, BusyServiceSaysSo) {
  options_.max_waiting = 1;
  generator_.delay = std::chrono::milliseconds(400);
  start();
  std::vector<std::future<int>> statuses;
  statuses.reserve(3);
  for (int i = 0; i < 3; ++i) {
    statuses.push_back(std::async(std::launch::async, [this] {
      httplib::Client client("127.0.0.1", service_->port());
      return client.Post("/rag", R"({"query": "engine"})", "application/json")->status;
    }));
  }
  int done = 0, busy = 0;
  for (auto& status : statuses) {
    const int got = status.get();
    done += got == 200;
    busy += got == 503;
  }
  EXPECT_GE(done, 1);
  EXPECT_EQ(done + busy, 3);
  EXPECT_GE(busy, 1);
}

// A real model that is spoken to through its chat template; each request with its own seed.
TEST_F(Service, DraftsWrittenTogetherAreTheSameAsOneByOne) {
  const auto& kernels = kernels::choose_kernels("");
  const fs::path folder = fs::path(TWIN_SOURCE_DIR) / "tests/golden/chat_model";
  const auto model = make_local_generator(
      context_, kernels, load_language_model(context_, kernels, folder), "chat_model");
  model_ = model.get();
  start();
  const auto draft = [this](int seed) {
    httplib::Client client("127.0.0.1", service_->port());
    client.set_read_timeout(300);
    const std::string request = R"({"query": "engine <|im_end|> loom", "max_new_tokens": 40, )"
                                R"("words": 0, "seed": )" +
                                std::to_string(seed) + "}";
    const auto result = client.Post("/rag", request, "application/json");
    return result && result->status == 200 ? body(result)["answer"].get<std::string>()
                                           : std::string("failed");
  };
  std::array<std::string, 6> alone;
  for (int seed = 0; seed < 6; ++seed) alone[seed] = draft(seed);
  std::array<std::future<std::string>, 6> together;
  for (int seed = 0; seed < 6; ++seed) {
    together[seed] = std::async(std::launch::async, draft, seed);
  }
  for (size_t i = 0; i < alone.size(); ++i) EXPECT_EQ(together[i].get(), alone[i]) << i;
  EXPECT_NE(alone[0], "failed");
  EXPECT_NE(alone[0], alone[1]);
}

TEST_F(Service, OtherAddressesNeedAKey) {
  options_.host = "0.0.0.0";
  EXPECT_THROW(HttpService(context_, Retriever(context_, *store_), generator_, options_), Error);
  options_.api_key = "secret";
  auto client = start();
  EXPECT_EQ(client.Post("/rag", R"({"query": "engine"})", "application/json")->status, 401);
  const httplib::Headers wrong = {{"Authorization", "Bearer secreT"}};
  EXPECT_EQ(client.Post("/rag", wrong, R"({"query": "engine"})", "application/json")->status, 401);
  const httplib::Headers right = {{"Authorization", "Bearer secret"}};
  EXPECT_EQ(client.Post("/rag", right, R"({"query": "engine"})", "application/json")->status, 200);
  EXPECT_EQ(client.Get("/health")->status, 200);
  EXPECT_EQ(client.Get("/runs")->status, 401);
  EXPECT_EQ(client.Get("/runs/sft")->status, 401);
  EXPECT_EQ(client.Get("/runs", right)->status, 404);
}

TEST_F(Service, LoopbackServiceRefusesOtherHostNames) {
  auto client = start();
  EXPECT_EQ(client.Get("/health", {{"Host", "evil.example:8000"}})->status, 403);
  EXPECT_EQ(client.Get("/health", {{"Host", "127.evil.example"}})->status, 403);
  EXPECT_EQ(client.Get("/health", {{"Host", "localhost:8000"}})->status, 200);
  EXPECT_EQ(client.Get("/health", {{"Host", "[::1]:8000"}})->status, 200);
}

TEST_F(Service, TakenPortIsSaid) {
  start();
  ServiceOptions second = options_;
  second.port = service_->port();
  EXPECT_THROW(HttpService(context_, Retriever(context_, *store_), generator_, second), Error);
}

TEST_F(Service, AnswersQdrantsRestFromItsCollections) {
  store_ = store_of(root_ / "twin.db", {});
  const auto collections = open_vector_collections(context_, root_ / "vectors.db");
  options_.collections = collections.get();
  httplib::Client client = start();
  EXPECT_EQ(parse_json(client.Get("/")->body, "answer")["version"], "1.20.0");
  EXPECT_EQ(client.Get("/", {{"Accept", "text/html,*/*"}})->status, 302);
  EXPECT_EQ(client.Get("/healthz")->status, 200);
  const char* json = "application/json";
  EXPECT_EQ(
      client.Put("/collections/c", R"({"vectors": {"size": 2, "distance": "Dot"}})", json)->status,
      200);
  EXPECT_EQ(
      client.Put("/collections/c", R"({"vectors": {"size": 2, "distance": "Dot"}})", json)->status,
      409);
  EXPECT_EQ(client
                .Put("/collections/c/points?wait=true",
                     R"({"points": [{"id": 1, "vector": [1, 0], "payload": {"a": 1}},
                                      {"id": 2, "vector": [0, 1]}]})",
                     json)
                ->status,
            200);
  const auto found =
      client.Post("/collections/c/points/query", R"({"query": [0.2, 1], "limit": 1})", json);
  ASSERT_EQ(found->status, 200);
  const Json answer = parse_json(found->body, "answer");
  EXPECT_EQ(answer["status"], "ok");
  EXPECT_EQ(answer["result"]["points"][0]["id"], 2);
  const auto missing = client.Post("/collections/none/points/count", "{}", json);
  EXPECT_EQ(missing->status, 404);
  EXPECT_NE(parse_json(missing->body, "answer")["status"]["error"].get<std::string>().find("none"),
            std::string::npos);
  EXPECT_EQ(client.Post("/collections/c/points/query", R"({"query": [1]})", json)->status, 400);
  EXPECT_EQ(client.Post("/collections/c/points/count", "{", json)->status, 400);
  // What a page of another site could send.
  EXPECT_EQ(client.Post("/collections/c/points/delete", R"({"filter": {}})", "text/plain")->status,
            415);
  const std::string long_body = R"({"points": [{"id": 3, "vector": [1, 1], "payload": {"a": ")" +
                                std::string(2 << 20, 'x') + R"("}}]})";
  EXPECT_EQ(client.Put("/collections/c/points", long_body, json)->status, 200);
  EXPECT_EQ(client.Post("/rag", long_body, json)->status, 413);
  EXPECT_EQ(client.Delete("/collections/c")->status, 200);
}

TEST_F(Service, CollectionsAskForTheKeyWhereThereIsOne) {
  store_ = store_of(root_ / "twin.db", {});
  const auto collections = open_vector_collections(context_, root_ / "vectors.db");
  options_.collections = collections.get();
  options_.api_key = "secret";
  httplib::Client client = start();
  EXPECT_EQ(client.Get("/collections")->status, 401);
  EXPECT_EQ(client.Get("/collections", {{"api-key", "wrong"}})->status, 401);
  EXPECT_EQ(client.Get("/collections", {{"api-key", "secret"}})->status, 200);
  EXPECT_EQ(client.Get("/collections", {{"Authorization", "Bearer secret"}})->status, 200);
}

// The twin's own adapter of Qdrant against the twin's own service.
TEST_F(Service, TheQdrantAdapterFindsWhatTheEmbeddedStoreFinds) {
  store_ = store_of(root_ / "twin.db", {});
  const auto collections = open_vector_collections(context_, root_ / "vectors.db");
  options_.collections = collections.get();
  start();
  std::vector<VectorPoint> points;
  Random random(4);
  for (size_t i = 0; i < 300; ++i) {
    VectorPoint point;
    point.document_id = fmt::format("doc{}", i / 3);
    point.ordinal = i % 3;
    point.id = fmt::format("{}:{}", point.document_id, point.ordinal);
    point.author_id = i % 2 == 0 ? "ada" : "bob";
    point.category = static_cast<Category>(i / 3 % 3);
    point.date = fmt::format("20{:02}-05-01", i % 25);
    point.tags = {fmt::format("t{}", i % 5)};
    point.content_hash = fmt::format("h{}", i);
    for (int d = 0; d < 8; ++d) point.vector.push_back(static_cast<float>(random.normal()));
    double squares = 0;
    for (const float x : point.vector) squares += double{x} * x;
    for (float& x : point.vector) x = static_cast<float>(x / std::sqrt(squares));
    points.push_back(point);
  }
  const auto client = make_http_client(context_.context());
  QdrantOptions server{fmt::format("http://127.0.0.1:{}", service_->port()), "", 50};
  VectorStoreOptions options{.dimensions = 8, .embedder = "minilm"};
  const auto open = [&] {
    return make_qdrant_vector_store(context_.context(), *client, server, options);
  };
  options.access = VectorAccess::kRead;
  const auto reader = open();
  EXPECT_TRUE(reader->search(points[7].vector, 9, {}).empty());
  EXPECT_TRUE(collections->list().empty()) << "a reader makes nothing";
  options.access = VectorAccess::kWrite;
  const auto remote = open();
  remote->upsert(points);
  const auto local =
      open_embedded_vector_store(*collections, {.dimensions = 8, .embedder = "minilm"});
  EXPECT_EQ(remote->count({}), 300u);
  EXPECT_EQ(reader->count({}), 300u);
  for (const VectorFilter& filter :
       {VectorFilter{}, VectorFilter{.author_id = "ada"},
        VectorFilter{.category = Category::kPosts},
        VectorFilter{.date_from = "2010", .date_to = "2012-05", .tags = {"t1", "t2"}}}) {
    const auto expected = local->search(points[7].vector, 9, filter);
    const auto found = remote->search(points[7].vector, 9, filter);
    ASSERT_EQ(found.size(), expected.size());
    for (size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i].id, expected[i].id);
      EXPECT_NEAR(found[i].score, expected[i].score, 1e-6);
    }
    EXPECT_EQ(remote->count(filter), local->count(filter));
  }
  const auto all = remote->scroll("", 1000, {}, true);
  const auto same = local->scroll("", 1000, {}, true);
  ASSERT_EQ(all.size(), 300u);
  for (size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].id, same[i].id);
    EXPECT_EQ(all[i].vector, same[i].vector);
    EXPECT_EQ(all[i].content_hash, same[i].content_hash);
  }
  EXPECT_EQ(remote->scroll(all[99].id, 1, {}, false)[0].id, all[100].id);
  const std::vector<std::string> some = {"doc5", "doc6"};
  EXPECT_EQ(remote->hashes_of(some).at("doc5").size(), 3u);
  remote->remove_document("doc5");
  EXPECT_EQ(local->count({}), 297u);

  // A copy to a workspace and to the server: what is there is not written again.
  const auto end = make_qdrant_end(context_.context(), *client, server);
  const auto moved = open_vector_collections(context_, root_ / "moved.db");
  const auto moved_end = make_workspace_end(*moved);
  size_t copied = 0;
  for (const std::string& name : end->list()) {
    const PointCopy copy = copy_collection(context_.context(), *end, *moved_end, name);
    EXPECT_EQ(copy.written, copy.points);
    copied += copy.points;
  }
  EXPECT_EQ(copied, 297u);
  const std::string posts = "embedded_posts";
  CollectionChange gone{posts, {moved->ids(posts, {})[4]}, {}};
  moved->change(std::span(&gone, 1));
  EXPECT_EQ(copy_collection(context_.context(), *end, *moved_end, posts).written, 1u);
  EXPECT_EQ(copy_collection(context_.context(), *moved_end, *end, posts).written, 0u);
  EXPECT_EQ(moved->find(posts)->fields, collections->find(posts)->fields);

  options.embedder = "bge";
  EXPECT_THROW(open(), Error);
  options.access = VectorAccess::kReplace;
  EXPECT_EQ(open()->count({}), 0u);
  // What is no Qdrant is said to be none, also by a reader.
  server.url += "/docs";
  options.access = VectorAccess::kRead;
  EXPECT_THROW(open(), Error);
}

}  // namespace
}  // namespace twin
