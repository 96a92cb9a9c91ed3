#include "collection/git/collect_git.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "base/error.h"
#include "base/files.h"
#include "base/scripted_http_client.h"
#include "collection/git/git_test_repository.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

constexpr const char* kAda = "ada@example.com";
constexpr const char* kBob = "bob@example.com";

class CollectGit : public ::testing::Test {
 protected:
  CollectGit()
      : folder_(fs::path(::testing::TempDir()) /
                fmt::format("twin_collect_git_test_{}", getpid())) {
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "served");
    options_.cache = folder_ / "cache";
    options_.http = true;
  }
  ~CollectGit() override { fs::remove_all(folder_); }

  CollectionReport collect_folder(const fs::path& folder) {
    Collector collector(context_, *store_, author_);
    collect_git_folder(collector, options_, folder);
    return collector.report();
  }
  std::string state(const std::string& source) {
    const auto item = store_->item(source);
    return item ? item->state + ": " + item->reason : "no item";
  }
  RawDocument document(const std::string& source) {
    const auto item = store_->item(source);
    if (!item || item->document_id.empty()) return {};
    return *store_->document(item->document_id);
  }

  using Names = std::vector<std::string>;
  fs::path folder_;
  QuietContext context_;
  GitOptions options_;
  Author author_ = author_from_full_name("Ada Lovelace");
  std::unique_ptr<DocumentStore> store_ = open_sqlite_document_store(":memory:");
};

const std::string kEngine = "def  turn( wheel ):\n\treturn wheel   # spaces  stay\n\n";

TEST_F(CollectGit, FilesAndMessagesOfTheAuthorAreKeptByteForByte) {
  test::TestRepository repository(folder_ / "engine.git");
  const std::string first =
      repository.commit({{"README.md", "# The Engine\n\nIt  weaves.\n"},
                         {"docs/notes.rst", "Notes\n=====\n\nOne.\n"},
                         {"src/engine.py", kEngine},
                         {"LICENSE", "MIT\n"},
                         {"picture.png", "x"},
                         {"vendor/lib.js", "x\n"},
                         {"link.md", "link:/etc/passwd"},
                         {".github/x.md", "x\n"}},
                        "Ada Lovelace", kAda,
                        "Weave algebra\n\nAs the loom weaves flowers.\n\nSigned-off-by: A <a@b>\n");
  const std::string bob = repository.commit({{"src/other.py", "print(1)\n"}}, "Bob", kBob, "Other");
  EXPECT_EQ(collect_folder(repository.folder()).states,
            (std::map<std::string, size_t>{{"new", 4}, {"skipped", 5}, {"listed", 1}}));
  const std::string at = repository.folder().string() + '#';
  const RawDocument readme = document(at + "README.md");
  EXPECT_EQ(readme.genre, "readme");
  EXPECT_EQ(readme.title, "The Engine");
  EXPECT_EQ(readme.media_type, "text/markdown");
  EXPECT_EQ(readme.category, Category::kRepositories);
  EXPECT_EQ(readme.date, "2023-11-15T00:13:20+02:00");
  EXPECT_EQ(readme.bylines, Names{"Ada Lovelace"});
  EXPECT_EQ(document(at + "docs/notes.rst").genre, "documentation");
  const RawDocument code = document(at + "src/engine.py");
  EXPECT_EQ(code.genre, "code");
  EXPECT_EQ(code.raw, kEngine);
  EXPECT_EQ(code.verbatim, kEngine);
  EXPECT_EQ(code.title, "src/engine.py");
  const RawDocument message = document(at + first);
  EXPECT_EQ(message.genre, "commit");
  EXPECT_EQ(message.title, "Weave algebra");
  EXPECT_EQ(message.verbatim, "Weave algebra\n\nAs the loom weaves flowers.\n");
  EXPECT_NE(message.raw.find("Signed-off-by"), std::string::npos);
  EXPECT_EQ(state(at + "src/other.py"),
            "skipped: written by others: 0% of its lines are the author's");
  EXPECT_EQ(state(at + "LICENSE"), "skipped: a licence, notice or code of conduct");
  EXPECT_EQ(state(at + "vendor"), "skipped: a folder of other people's or generated code");
  EXPECT_EQ(state(at + "link.md"), "skipped: a link to another file");
  EXPECT_EQ(state(at + ".github"), "skipped: hidden folder");
  EXPECT_EQ(state(at + bob), "no item");
  EXPECT_EQ(collect_folder(repository.folder()).states.at("unchanged"), 4u);
}

TEST_F(CollectGit, WhoWroteAFileIsToldByTheLinesOfItsHistoryThroughRenames) {
  test::TestRepository repository(folder_ / "r.git");
  std::string mine, theirs;
  for (int i = 0; i < 30; ++i) mine += fmt::format("my line {}\n", i);
  for (int i = 0; i < 10; ++i) theirs += fmt::format("their line {}\n", i);
  repository.commit({{"old.md", mine}, {"b.md", mine}}, "Ada Lovelace", kAda, "Begin");
  repository.commit({{"old.md", ""}, {"new.md", mine}}, "Bob", kBob, "Move");
  repository.commit({{"new.md", mine + theirs}, {"b.md", theirs + theirs + theirs + theirs}}, "Bob",
                    kBob, "Add");
  collect_folder(repository.folder());
  const std::string at = repository.folder().string() + '#';
  EXPECT_EQ(document(at + "new.md").bylines, (Names{"Ada Lovelace", "Bob"}));
  EXPECT_EQ(state(at + "b.md"), "skipped: written by others: 43% of its lines are the author's");
}

TEST_F(CollectGit, OtherAddressesAndNamesAreJoinedByMailmapAndByTheUser) {
  test::TestRepository repository(folder_ / "m.git");
  repository.commit(
      {{".mailmap", "Ada Lovelace <ada@example.com> countess <c@old.org>\n"}, {"a.md", "One.\n"}},
      "countess", "c@old.org", "First\n\nCo-authored-by: Bob <bob@example.com>");
  const std::string work = repository.commit({{"b.md", "Two.\n"}}, "AL", "al@work.org", "Second");
  const std::string helped =
      repository.commit({{"c.md", "Three.\n"}}, "Bob", kBob,
                        "Third\n\nCo-authored-by: Ada Lovelace <Ada@Example.com>");
  collect_folder(repository.folder());
  const std::string at = repository.folder().string() + '#';
  EXPECT_EQ(document(at + "a.md").bylines, (Names{"Ada Lovelace", "Bob"}));
  EXPECT_EQ(state(at + work), "no item");
  EXPECT_EQ(document(at + helped).bylines, (Names{"Bob", "Ada Lovelace"}));
  options_.emails = {"AL@work.org"};
  collect_folder(repository.folder());
  EXPECT_EQ(document(at + work).bylines, Names{"Ada Lovelace"});
}

TEST_F(CollectGit, CommitsUnderAnAliasAreTheAuthors) {
  test::TestRepository repository(folder_ / "alias.git");
  repository.commit({{"a.md", "One.\n"}}, "countess", "c@old.org", "First");
  author_.aliases = {"Countess"};
  collect_folder(repository.folder());
  EXPECT_EQ(document(repository.folder().string() + "#a.md").bylines, (Names{"Ada Lovelace"}));
}

TEST_F(CollectGit, WithoutTheAuthorItSaysWhoThereIs) {
  test::TestRepository repository(folder_ / "x.git");
  repository.commit({{"a.md", "One.\n"}}, "Bob", kBob, "First");
  EXPECT_EQ(collect_folder(repository.folder()).states,
            (std::map<std::string, size_t>{{"skipped", 1}}));
  EXPECT_EQ(state(repository.folder().string()),
            "skipped: no commit under the name Ada Lovelace; say --email ADDRESS. There are: Bob "
            "<bob@example.com> (1)");
  test::TestRepository hollow(folder_ / "hollow.git");
  collect_folder(hollow.folder());
  EXPECT_EQ(state(hollow.folder().string()), "skipped: an empty repository");
}

TEST_F(CollectGit, WhatIsTooLongGeneratedOrBinaryIsSkippedAndTheHistoryLimited) {
  test::TestRepository repository(folder_ / "l.git");
  repository.commit({{"early.md", "Early.\n"}}, "Ada Lovelace", kAda, "Early");
  repository.commit({{"long.c", std::string(2000, 'x')},
                     {"made.go", "// Code generated by x. DO NOT EDIT.\n"},
                     {"zero.c", std::string("a\0b", 3)},
                     {"latin.c", "h\xe9\n"}},
                    "Ada Lovelace", kAda, "Late");
  options_.max_commits = 1;
  options_.max_file_bytes = 1000;
  collect_folder(repository.folder());
  const std::string at = repository.folder().string() + '#';
  EXPECT_EQ(state(at + "early.md"),
            "skipped: written before the commits that were read (collect.git.max_commits)");
  EXPECT_EQ(state(at + "long.c"),
            "skipped: 2.0 kB, more than the limit of 1.0 kB (collect.git.max_file_bytes)");
  EXPECT_EQ(state(at + "made.go"), "skipped: generated code");
  EXPECT_EQ(state(at + "zero.c"), "skipped: binary: holds zero bytes");
  EXPECT_EQ(state(at + "latin.c"), "failed: not UTF-8");
  EXPECT_NE(state(repository.folder().string()).find("older than the newest 1 "),
            std::string::npos);
}

TEST_F(CollectGit, ACloneNamesThePagesOfItsOrigin) {
  test::TestRepository repository(folder_ / "o.git");
  const std::string hash = repository.commit({{"a b.md", "One.\n"}}, "Ada Lovelace", kAda, "First");
  git_remote* remote = nullptr;
  ASSERT_EQ(git_remote_create(&remote, repository.get(), "origin", "git@github.com:ada/o.git"), 0);
  git_remote_free(remote);
  collect_folder(repository.folder());
  const RawDocument file = document("https://github.com/ada/o/blob/main/a%20b.md");
  EXPECT_EQ(file.platform, "github");
  EXPECT_EQ(file.tags, Names{"ada/o"});
  EXPECT_EQ(document("https://github.com/ada/o/commit/" + hash).verbatim, "First\n");
}

// Git's smart HTTP protocol by the git program, over plain HTTP.
class GitServer {
 public:
  explicit GitServer(fs::path root) : root_(std::move(root)) {
    server_.Get(R"(/(.+)/info/refs)",
                [this](const httplib::Request& request, httplib::Response& response) {
                  ++requests;
                  const std::string name = request.matches[1];
                  if (!fs::exists(root_ / name)) {
                    response.status = 404;
                    return;
                  }
                  response.set_content(
                      "001e# service=git-upload-pack\n0000" + run("--advertise-refs", name, ""),
                      "application/x-git-upload-pack-advertisement");
                });
    server_.Post(R"(/(.+)/git-upload-pack)",
                 [this](const httplib::Request& request, httplib::Response& response) {
                   const std::string answer = run("", request.matches[1], request.body);
                   sent += answer.size();
                   response.set_content(answer, "application/x-git-upload-pack-result");
                 });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~GitServer() {
    server_.stop();
    thread_.join();
  }

  std::string url() const { return fmt::format("http://127.0.0.1:{}", port_); }
  httplib::Server& server() { return server_; }
  std::atomic<size_t> sent = 0, requests = 0;

 private:
  std::string run(const std::string& flag, const std::string& name, const std::string& input) {
    write_file_atomic(root_ / "in", input);
    const std::string command =
        fmt::format("git upload-pack --stateless-rpc {} '{}' <'{}' >'{}'", flag,
                    (root_ / name).string(), (root_ / "in").string(), (root_ / "out").string());
    if (std::system(command.c_str()) != 0) return {};
    return read_file(root_ / "out");
  }

  fs::path root_;
  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
};

class FetchGit : public CollectGit {
 protected:
  void SetUp() override {
    if (std::system("git --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "no git here";
    server_ = std::make_unique<GitServer>(folder_ / "served");
    options_.github_api = server_->url() + "/api/v3";
  }
  CollectionReport collect(const std::string& url) {
    Collector collector(context_, *store_, author_);
    const auto client = make_http_client(context_.context());
    collect_git(collector, *client, options_, read_git_link(url, github_host(options_)).value());
    return collector.report();
  }
  using States = std::map<std::string, size_t>;
  std::unique_ptr<GitServer> server_;
};

TEST_F(FetchGit, ARepositoryIsFetchedOnceAndThenOnlyWhatIsNew) {
  test::TestRepository repository(folder_ / "served" / "ada" / "engine.git");
  std::string noise;  // that does not compress
  for (uint32_t i = 0, x = 1; i < 20000; ++i)
    noise += fmt::format("{:x}", x = x * 1664525 + 1013904223);
  repository.commit({{"a.md", "One.\n"}, {"data.bin", noise}}, "Ada Lovelace", kAda, "First");
  const std::string url = server_->url() + "/ada/engine";
  EXPECT_EQ(collect(url).states, (States{{"new", 2}, {"listed", 1}})) << state(url);
  EXPECT_EQ(document(url + "/blob/main/a.md").raw, "One.\n");
  EXPECT_GT(server_->sent, 50'000u);
  server_->sent = 0;
  EXPECT_EQ(collect(url).states, (States{{"unchanged", 2}, {"listed", 1}}));
  EXPECT_EQ(server_->sent, 0u);
  repository.commit({{"a.md", "Two.\n"}}, "Ada Lovelace", kAda, "Second");
  EXPECT_EQ(collect(url).states,
            (States{{"new", 1}, {"new version", 1}, {"unchanged", 1}, {"listed", 1}}));
  EXPECT_GT(server_->sent, 0u);
  EXPECT_LT(server_->sent, 5'000u);
}

TEST_F(FetchGit, WhatAServerDoesWrongIsThatItemsFailure) {
  test::TestRepository repository(folder_ / "served" / "ada" / "engine.git");
  repository.commit({{"a.md", std::string(5000, 'a') + "\n"}}, "Ada Lovelace", kAda, "First");
  EXPECT_EQ(collect(server_->url() + "/ada/none").states, (States{{"failed", 1}}));
  EXPECT_NE(state(server_->url() + "/ada/none").find("there is no such repository"),
            std::string::npos);
  const std::string url = server_->url() + "/ada/engine";
  options_.max_download_bytes = 100;
  EXPECT_EQ(collect(url).states, (States{{"failed", 1}}));
  EXPECT_NE(state(url).find("collect.git.max_download_bytes"), std::string::npos) << state(url);
  options_ = GitOptions{};
  options_.cache = folder_ / "cache";
  options_.github_api = server_->url();
  EXPECT_EQ(collect(url).states, (States{{"failed", 1}}));
  EXPECT_NE(state(url).find("only https://"), std::string::npos);
  options_.http = true;
  EXPECT_EQ(collect(url + "/tree/nowhere").states, (States{{"failed", 1}}));
  EXPECT_EQ(collect(url + "/tree/main/docs").states.at("new"), 2u);
}

TEST_F(FetchGit, ADamagedCloneIsFetchedAgain) {
  test::TestRepository repository(folder_ / "served" / "ada" / "engine.git");
  repository.commit({{"a.md", "One.\n"}}, "Ada Lovelace", kAda, "First");
  const std::string url = server_->url() + "/ada/engine";
  collect(url);
  for (const auto& entry : fs::directory_iterator(options_.cache)) {
    if (entry.is_directory()) fs::remove_all(entry.path() / "objects");
  }
  EXPECT_EQ(collect(url).states, (States{{"unchanged", 2}, {"listed", 1}})) << state(url);
}

TEST_F(FetchGit, AProfilesRepositoriesAreCollectedWithoutForks) {
  for (const char* name : {"one", "two"}) {
    test::TestRepository repository(folder_ / "served" / "ada" / fmt::format("{}.git", name));
    repository.commit({{"README.md", fmt::format("# {}\n", name)}}, "Ada Lovelace", kAda,
                      fmt::format("Begin {}", name));
  }
  server_->server().Get(
      "/api/v3/users/ada/repos", [&](const httplib::Request& request, httplib::Response& response) {
        const bool first = request.get_param_value("page") == "1";
        if (first) response.set_header("Link", "<http://x/?page=2>; rel=\"next\"");
        response.set_content(
            first ? fmt::format(R"([{{"html_url": "{0}/ada/one", "fork": false, "size": 3}},
                                {{"html_url": "{0}/ada/copied", "fork": true, "size": 3}},
                                {{"html_url": "https://evil.test/ada/x", "fork": false}}, 7])",
                                server_->url())
                  : fmt::format(R"([{{"html_url": "{0}/ada/two", "fork": false, "size": 3}},
                                {{"html_url": "{0}/ada/gone", "fork": false, "size": 3}}])",
                                server_->url()),
            "application/json");
      });
  const std::string url = server_->url() + "/ada";
  EXPECT_EQ(collect(url).states,
            (States{{"new", 4}, {"skipped", 1}, {"listed", 3}, {"failed", 1}}));
  EXPECT_EQ(document(url + "/two/blob/main/README.md").title, "two");
  EXPECT_NE(state(url + "/copied").find("a fork"), std::string::npos);
}

TEST(GitHubApi, ErrorsSayWhatToDo) {
  QuietContext context;
  const auto error_of = [&](int status, HttpHeaders headers) {
    ScriptedHttpClient client([&](const HttpRequest&) {
      HttpResponse response;
      response.status = status;
      response.headers = headers;
      response.body = "{}";
      return response;
    });
    const std::unique_ptr<DocumentStore> store = open_sqlite_document_store(":memory:");
    Collector collector(context, *store, author_from_full_name("Ada Lovelace"));
    collect_git(collector, client, {}, *read_git_link("https://github.com/ada"));
    return store->item("https://github.com/ada")->reason;
  };
  EXPECT_NE(error_of(404, {}).find("knows nobody named ada"), std::string::npos);
  EXPECT_NE(error_of(403, {{"x-ratelimit-remaining", "0"}}).find("GITHUB_TOKEN"),
            std::string::npos);
  EXPECT_NE(error_of(200, {}).find("no list"), std::string::npos);
}

}  // namespace
}  // namespace twin
