#include "collection/web/crawl.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "collection/web/blog.h"
#include "collection/web/fetcher.h"

namespace twin {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// A server of this process, which remembers what it was asked for and when.
class Site {
 public:
  struct Request {
    std::string path, if_none_match, agent;
    steady_clock::time_point time;
  };

  Site() {
    server.set_pre_routing_handler([this](const httplib::Request& request, httplib::Response&) {
      std::lock_guard lock(mutex_);
      requests_.push_back({request.path, request.get_header_value("If-None-Match"),
                           request.get_header_value("User-Agent"), steady_clock::now()});
      most_at_once = std::max<int>(most_at_once, ++at_once_);
      return httplib::Server::HandlerResponse::Unhandled;
    });
    server.set_post_routing_handler(
        [this](const httplib::Request&, httplib::Response&) { --at_once_; });
    port_ = server.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server.listen_after_bind(); });
    while (!server.is_running()) std::this_thread::yield();
  }
  ~Site() {
    server.stop();
    thread_.join();
  }

  Url url(const std::string& path) const {
    return Url::parse(fmt::format("http://127.0.0.1:{}{}", port_, path));
  }
  void page(const std::string& path, const std::string& words) {
    server.Get(path, [words, path](const httplib::Request& request, httplib::Response& response) {
      const std::string tag = "\"" + path + "-1\"";
      response.set_header("ETag", tag);
      if (request.get_header_value("If-None-Match") == tag) {
        response.status = 304;
        return;
      }
      response.set_content("<html lang=en><title>" + words + "</title><p>" + words + "</p></html>",
                           "text/html; charset=utf-8");
    });
  }
  void text(const std::string& path, const std::string& body) {
    server.Get(path, [body](const httplib::Request&, httplib::Response& response) {
      response.set_content(body, "text/plain");
    });
  }
  void redirect(const std::string& path, const std::string& target) {
    server.Get(path, [target](const httplib::Request&, httplib::Response& response) {
      response.set_redirect(target);
    });
  }
  std::vector<Request> requests(const std::string& path = {}) const {
    std::lock_guard lock(mutex_);
    std::vector<Request> found;
    for (const Request& request : requests_) {
      if (path.empty() || request.path == path) found.push_back(request);
    }
    return found;
  }
  void forget() {
    std::lock_guard lock(mutex_);
    requests_.clear();
  }

  httplib::Server server;
  std::atomic<int> most_at_once = 0;

 private:
  mutable std::mutex mutex_;
  std::vector<Request> requests_;
  std::atomic<int> at_once_ = 0;
  int port_ = 0;
  std::thread thread_;
};

// Lists the lines of a text as links, and reads pages as any page: what platforms do.
class ListSource : public WebSource {
 public:
  std::string_view name() const override { return "list"; }
  bool takes(const Url&) const override { return true; }
  PageReading read(const FetchedPage& page, LinkKind kind, const Author& author) const override {
    if (kind == LinkKind::kPage) return pages_->read(page, kind, author);
    PageReading reading;
    for (size_t begin = 0; begin < page.text.size();) {
      const size_t end = page.text.find('\n', begin);
      if (const auto url = Url::resolve(page.url, page.text.substr(begin, end - begin))) {
        reading.links.push_back({*url, LinkKind::kPage});
      }
      begin = end == std::string::npos ? page.text.size() : end + 1;
    }
    return reading;
  }

 private:
  std::unique_ptr<WebSource> pages_ = make_any_site();
};

class CrawlTest : public testing::Test {
 protected:
  CrawlTest()
      : folder_(fs::path(testing::TempDir()) / fmt::format("twin_crawl_test_{}", ::getpid())) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    store_ = open_sqlite_document_store((folder_ / "twin.db").string());
    options_.delay = milliseconds(0);
    options_.first_backoff = milliseconds(20);
    options_.longest_exchange = std::chrono::seconds(2);
    options_.allow_private_addresses = true;
    sources_.push_back(std::make_unique<ListSource>());
  }
  ~CrawlTest() override {
    store_.reset();
    fs::remove_all(folder_);
  }

  CrawlReport collect(const std::vector<Url>& links) {
    Collector collector(context_, *store_, author_);
    const CrawlReport report = collect_web(collector, sources_, links, options_);
    states_ = collector.report().states;
    return report;
  }
  Item item(const Url& url) { return store_->item(url.text()).value_or(Item{}); }

  fs::path folder_;
  QuietContext context_;
  std::unique_ptr<DocumentStore> store_;
  Author author_ = author_from_full_name("Ada Lovelace");
  WebOptions options_;
  WebSources sources_;
  std::map<std::string, size_t> states_;
};

TEST_F(CrawlTest, ASiteIsReadAndTheSecondRunFetchesOnlyWhatChanged) {
  Site site;
  site.text("/", "/a\n/b?utm_source=list\n/b\n");
  site.page("/a", "Looms");
  site.page("/b", "Engines");
  collect({site.url("/")});
  ASSERT_EQ(store_->documents().size(), 2u);
  const auto document = store_->document(store_->documents()[0].id);
  EXPECT_EQ(document->title, "Looms");
  EXPECT_NE(document->raw.find("<p>Looms</p>"), std::string::npos);
  EXPECT_NE(document->headers.find("etag: \"/a-1\"\n"), std::string::npos);
  EXPECT_EQ(item(site.url("/a")).state, "new");
  EXPECT_EQ(item(site.url("/a")).kind, "page");
  EXPECT_EQ(item(site.url("/")).state, "listed");
  EXPECT_EQ(site.requests("/robots.txt").size(), 1u);
  EXPECT_EQ(site.requests("/b").size(), 1u) << "one page has one form";
  EXPECT_TRUE(site.requests("/a")[0].agent.starts_with("twin-writer/"));
  site.forget();
  collect({site.url("/")});
  EXPECT_EQ(states_["unchanged"], 2u);
  ASSERT_EQ(site.requests("/a").size(), 1u);
  EXPECT_EQ(site.requests("/a")[0].if_none_match, "\"/a-1\"");
  EXPECT_EQ(store_->versions(store_->documents()[0].id).size(), 1u);
}

TEST_F(CrawlTest, APageThatOnlyCountsItsVisitorsIsUnchanged) {
  Site site;
  std::atomic<int> visits = 0;
  site.server.Get("/a", [&](const httplib::Request&, httplib::Response& response) {
    response.set_content(fmt::format("<p>Looms</p><script>var visits = {}</script>", ++visits),
                         "text/html");
  });
  collect({site.url("/a")});
  collect({site.url("/a")});
  EXPECT_EQ(visits, 2);
  EXPECT_EQ(item(site.url("/a")).state, "unchanged");
}

TEST_F(CrawlTest, AListThatIsAsItWasLeadsWhereItLedBefore) {
  Site site;
  site.server.Get("/", [](const httplib::Request& request, httplib::Response& response) {
    response.set_header("ETag", "\"l\"");
    if (request.get_header_value("If-None-Match") == "\"l\"") {
      response.status = 304;
    } else {
      response.set_content("/a", "text/plain");
    }
  });
  site.page("/a", "Looms");
  collect({site.url("/")});
  site.forget();
  collect({site.url("/")});
  EXPECT_EQ(site.requests("/a").size(), 1u);
  EXPECT_EQ(states_["unchanged"], 2u);
}

TEST_F(CrawlTest, RobotsAreObeyedAndTheirDelayKept) {
  Site site;
  site.text("/robots.txt", "User-agent: *\nDisallow: /private\nCrawl-delay: 0.3\n");
  site.text("/", "/private/a\n/b\n/c\n");
  site.page("/b", "Looms");
  site.page("/c", "Engines");
  collect({site.url("/")});
  EXPECT_EQ(item(site.url("/private/a")).state, "skipped");
  EXPECT_NE(item(site.url("/private/a")).reason.find("robots.txt"), std::string::npos);
  EXPECT_TRUE(site.requests("/private/a").empty());
  const auto requests = site.requests();
  ASSERT_EQ(requests.size(), 4u);
  for (size_t i = 2; i < requests.size(); ++i) {
    EXPECT_GE(requests[i].time - requests[i - 1].time, milliseconds(290));
  }
  EXPECT_EQ(site.most_at_once, 1);
}

TEST_F(CrawlTest, WhereRobotsCannotBeReadNothingIsFetched) {
  Site site;
  site.server.Get("/robots.txt", [](const httplib::Request&, httplib::Response& response) {
    response.status = 500;
  });
  site.page("/a", "Looms");
  options_.attempts = 2;
  collect({site.url("/a")});
  EXPECT_EQ(item(site.url("/a")).state, "failed");
  EXPECT_TRUE(site.requests("/a").empty());
}

TEST_F(CrawlTest, BusyServersAreAskedAgainWhenTheySay) {
  Site site;
  std::atomic<int> asked = 0;
  site.server.Get("/a", [&](const httplib::Request&, httplib::Response& response) {
    if (++asked == 1) {
      response.status = 429;
      response.set_header("Retry-After", "1");
    } else if (asked == 2) {
      response.status = 503;
    } else {
      response.set_content("<p>Looms</p>", "text/html");
    }
  });
  site.server.Get("/later", [&](const httplib::Request&, httplib::Response& response) {
    response.status = 429;
    response.set_header("Retry-After", "86400");
  });
  site.server.Get("/never", [&](const httplib::Request&, httplib::Response& response) {
    response.status = 503;
  });
  collect({site.url("/a"), site.url("/later"), site.url("/never")});
  EXPECT_EQ(item(site.url("/a")).state, "new");
  const auto requests = site.requests("/a");
  ASSERT_EQ(requests.size(), 3u);
  EXPECT_GE(requests[1].time - requests[0].time, milliseconds(990));
  EXPECT_EQ(site.requests("/later").size(), 1u);
  EXPECT_NE(item(site.url("/later")).reason.find("come back"), std::string::npos);
  EXPECT_EQ(site.requests("/never").size(), options_.attempts);
  EXPECT_NE(item(site.url("/never")).reason.find("HTTP 503"), std::string::npos);
}

TEST_F(CrawlTest, WhatGoesWrongWithOneLinkIsItsOwnError) {
  Site site;
  site.text("/", "/gone\n/circle\n/endless\n/long\n/deep\n/image\n/good\nftp://x/y\n");
  site.redirect("/circle", "/circle2");
  site.redirect("/circle2", "/circle");
  site.server.Get("/endless", [](const httplib::Request&, httplib::Response& response) {
    response.set_chunked_content_provider("text/html", [](size_t, httplib::DataSink& sink) {
      std::this_thread::sleep_for(milliseconds(20));
      return sink.write("<p>", 3);
    });
  });
  site.text("/long", std::string(200'000, 'x'));
  site.server.Get("/deep", [](const httplib::Request&, httplib::Response& response) {
    std::string nested;
    for (int i = 0; i < 10'000; ++i) nested += "<div>";
    response.set_content(nested + "deep", "text/html");
  });
  site.server.Get("/image", [](const httplib::Request&, httplib::Response& response) {
    response.set_content("\x89PNG", "image/png");
  });
  site.page("/good", "Looms");
  options_.max_body_bytes = 100'000;
  options_.longest_exchange = std::chrono::seconds(1);
  options_.attempts = 1;
  collect({site.url("/")});
  for (const char* path : {"/gone", "/circle", "/endless", "/long", "/deep"}) {
    EXPECT_EQ(item(site.url(path)).state, "failed") << path;
    EXPECT_FALSE(item(site.url(path)).reason.empty()) << path;
  }
  EXPECT_EQ(item(site.url("/image")).state, "skipped");
  EXPECT_EQ(item(site.url("/gone")).reason, "HTTP 404: there is no such page");
  EXPECT_EQ(item(site.url("/good")).state, "new");
}

TEST_F(CrawlTest, PrivateAddressesAreNotReachedUnlessAllowed) {
  Site site;
  site.page("/a", "Looms");
  options_.allow_private_addresses = false;
  collect({site.url("/a"), Url::parse("http://localhost:9/"), Url::parse("http://[::1]:9/")});
  EXPECT_TRUE(site.requests().empty());
  EXPECT_EQ(states_["failed"], 3u);
  EXPECT_NE(item(site.url("/a")).reason.find("no public address"), std::string::npos);
}

TEST_F(CrawlTest, RedirectsWithinAHostAreFollowedAndOthersWaitInTheirOwnQueue) {
  Site site, other;
  site.redirect("/old", "/new");
  site.page("/new", "Looms");
  site.redirect("/moved", other.url("/here").text());
  other.page("/here", "Engines");
  collect({site.url("/old"), site.url("/moved")});
  EXPECT_EQ(store_->documents().size(), 2u);
  EXPECT_EQ(item(site.url("/old")).state, "new");
  EXPECT_EQ(item(site.url("/moved")).reason, "moved to " + other.url("/here").text());
  EXPECT_EQ(other.requests("/robots.txt").size(), 1u);
}

TEST_F(CrawlTest, HostsAreReadAtTheSameTimeAndEachOneAfterTheOther) {
  std::vector<std::unique_ptr<Site>> sites;
  std::vector<Url> links;
  for (int i = 0; i < 4; ++i) {
    sites.push_back(std::make_unique<Site>());
    for (const char* path : {"/a", "/b", "/c"}) {
      sites.back()->server.Get(path, [path](const httplib::Request&, httplib::Response& response) {
        std::this_thread::sleep_for(milliseconds(150));
        response.set_content(std::string("<p>") + path, "text/html");
      });
      links.push_back(sites.back()->url(path));
    }
  }
  const auto begin = steady_clock::now();
  collect(links);
  EXPECT_LT(steady_clock::now() - begin, milliseconds(1700)) << "one by one it takes 1.8 s";
  EXPECT_EQ(store_->documents().size(), 12u);
  for (const auto& site : sites) EXPECT_EQ(site->most_at_once, 1);
}

TEST_F(CrawlTest, ARunThatWasCutOffGoesOnWhereItWas) {
  Site site;
  std::string list;
  for (int i = 0; i < 20; ++i) {
    list += fmt::format("/{}\n", i);
    site.page(fmt::format("/{}", i), fmt::format("Page {}", i));
  }
  site.text("/", list);
  options_.max_pages = 7;
  EXPECT_EQ(collect({site.url("/")}).waiting, 13u);
  EXPECT_EQ(store_->documents().size(), 7u);
  options_.max_pages = 0;
  const CrawlReport second = collect({site.url("/")});
  EXPECT_TRUE(second.resumed);
  EXPECT_EQ(second.waiting, 0u);
  EXPECT_EQ(store_->documents().size(), 20u);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(site.requests(fmt::format("/{}", i)).size(), 1u) << i;
  }
  site.forget();
  EXPECT_FALSE(collect({site.url("/")}).resumed);
  EXPECT_EQ(site.requests("/3").size(), 1u) << "a run of its own looks at everything again";
}

TEST(RetryAfter, IsSecondsOrADate) {
  const auto now = std::chrono::system_clock::from_time_t(784111777);
  EXPECT_EQ(retry_after("120", now), std::chrono::seconds(120));
  EXPECT_EQ(retry_after("Sun, 06 Nov 1994 08:50:37 GMT", now), std::chrono::seconds(60));
  EXPECT_EQ(retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now), std::chrono::seconds(0));
  EXPECT_FALSE(retry_after("soon", now));
  EXPECT_FALSE(retry_after("", now));
}

}  // namespace
}  // namespace twin
