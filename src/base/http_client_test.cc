#include "base/http_client.h"

#include <gtest/gtest.h>
#include <httplib.h>

#include <thread>

#include "base/scripted_http_client.h"

namespace twin {
namespace {

HttpResponse answer(int status, HttpHeaders headers = {}, std::string body = {}) {
  HttpResponse response;
  response.status = status;
  response.headers = std::move(headers);
  response.body = std::move(body);
  return response;
}

bool sends(const HttpRequest& request, std::string_view name) {
  for (const auto& [header, value] : request.headers) {
    if (header == name) return true;
  }
  return false;
}

TEST(SendFollowing, CredentialsStayWithTheirOrigin) {
  ScriptedHttpClient client([](const HttpRequest& request) {
    if (request.url == "https://hub.test/a") return answer(302, {{"location", "/b"}});
    if (request.url == "https://hub.test/b") {
      return answer(307, {{"location", "https://cdn.test/c?x=1"}});
    }
    return answer(200, {}, "bytes");
  });
  HttpRequest request;
  request.url = "https://hub.test/a";
  request.headers = {{"Authorization", "Bearer secret"}, {"Range", "bytes=3-"}};
  const HttpResponse response = send_following(client, request);
  EXPECT_EQ(response.body, "bytes");
  EXPECT_EQ(response.url, "https://cdn.test/c?x=1");
  ASSERT_EQ(client.requests.size(), 3u);
  EXPECT_TRUE(sends(client.requests[1], "Authorization"));
  EXPECT_FALSE(sends(client.requests[2], "Authorization"));
  EXPECT_TRUE(sends(client.requests[2], "Range"));
}

TEST(SendFollowing, AnotherPortIsAnotherOrigin) {
  EXPECT_EQ(url_origin("https://Hub.test/a"), "https://hub.test:443");
  EXPECT_NE(url_origin("http://hub.test/a"), url_origin("http://hub.test:8080/a"));
  EXPECT_THROW(url_origin("hub test"), Error);
}

TEST(SendFollowing, RefusesCirclesAndUnencryptedTargets) {
  ScriptedHttpClient circle([](const HttpRequest&) {
    return answer(302, {{"location", "https://hub.test/a"}});
  });
  HttpRequest request;
  request.url = "https://hub.test/a";
  EXPECT_THROW(send_following(circle, request), Error);
  EXPECT_EQ(circle.requests.size(), 11u);
  ScriptedHttpClient downgrade([](const HttpRequest&) {
    return answer(302, {{"location", "http://hub.test/a"}});
  });
  EXPECT_THROW(send_following(downgrade, request), Error);
  EXPECT_EQ(downgrade.requests.size(), 1u);
}

TEST(UrlEncode, KeepsWhatItIsToldTo) {
  EXPECT_EQ(url_encode("refs/pr 1"), "refs%2Fpr%201");
  EXPECT_EQ(url_encode("a/\xC3\xA9.bin", "/"), "a/%C3%A9.bin");
}

// A server in this process, on a port of the system's choosing.
class HttpClientTest : public testing::Test {
 protected:
  void SetUp() override {
    server_.Get("/text", [](const httplib::Request& request, httplib::Response& response) {
      response.set_header("X-Agent", request.get_header_value("User-Agent"));
      response.set_content("some text", "text/plain");
    });
    server_.Get("/missing", [](const httplib::Request&, httplib::Response& response) {
      response.status = 404;
      response.set_content("no such thing", "text/plain");
    });
    server_.Get("/broken", [](const httplib::Request&, httplib::Response& response) {
      response.set_content_provider(1000, "text/plain",
                                    [](size_t offset, size_t, httplib::DataSink& sink) {
                                      if (offset > 0) return false;  // hangs up
                                      sink.write("half", 4);
                                      return true;
                                    });
    });
    server_.Get("/slow", [](const httplib::Request&, httplib::Response& response) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2500));
      response.set_content("late", "text/plain");
    });
    server_.Post("/echo", [](const httplib::Request& request, httplib::Response& response) {
      response.set_content(request.body, "text/plain");
    });
    const int port = server_.bind_to_any_port("127.0.0.1");
    base_ = "http://127.0.0.1:" + std::to_string(port);
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  void TearDown() override {
    client_.reset();  // the server waits for open connections
    server_.stop();
    thread_.join();
  }

  HttpRequest request(const std::string& path) const {
    HttpRequest made;
    made.url = base_ + path;
    return made;
  }

  httplib::Server server_;
  std::thread thread_;
  std::string base_;
  QuietContext context_;
  std::unique_ptr<HttpClient> client_ = make_http_client(context_);
};

TEST_F(HttpClientTest, GivesStatusHeadersAndBody) {
  const HttpResponse response = client_->send(request("/text"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "some text");
  EXPECT_EQ(response.header("content-length"), "9");
  EXPECT_TRUE(response.header("x-agent").starts_with("twin-writer/"));
  HttpRequest head = request("/text");
  head.method = "HEAD";
  EXPECT_EQ(client_->send(head).header("content-length"), "9");
}

TEST_F(HttpClientTest, SinkTakesGoodBodiesAlone) {
  std::string taken;
  const HttpSink sink = [&](const HttpResponse& head, std::string_view piece) {
    EXPECT_EQ(head.status, 200);
    taken += piece;
  };
  EXPECT_EQ(client_->send(request("/text"), sink).body, "");
  EXPECT_EQ(taken, "some text");
  const HttpResponse missing = client_->send(request("/missing"), sink);
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.body, "no such thing");
  EXPECT_EQ(taken, "some text");
}

TEST_F(HttpClientTest, WhatTheSinkThrowsReachesTheCaller) {
  const HttpSink sink = [](const HttpResponse&, std::string_view) {
    throw Error(ErrorCode::kDoesNotFit, "disk full");
  };
  EXPECT_THROW(
      {
        try {
          client_->send(request("/text"), sink);
        } catch (const Error& error) {
          EXPECT_EQ(error.code(), ErrorCode::kDoesNotFit);
          throw;
        }
      },
      Error);
}

TEST_F(HttpClientTest, BrokenConnectionIsAConnectionError) {
  std::string taken;
  EXPECT_THROW(client_->send(request("/broken"),
                             [&](const HttpResponse&, std::string_view piece) { taken += piece; }),
               ConnectionError);
  EXPECT_EQ(taken, "half");
  HttpRequest nobody;
  nobody.url = "http://127.0.0.1:1/";
  EXPECT_THROW(client_->send(nobody), ConnectionError);
}

TEST_F(HttpClientTest, SilenceIsGivenUpAfterTheStallTimeout) {
  HttpRequest slow = request("/slow");
  slow.stall_timeout = std::chrono::seconds(1);
  EXPECT_THROW(client_->send(slow), ConnectionError);
}

TEST_F(HttpClientTest, LongBodiesAndOddUrlsAreErrors) {
  HttpRequest limited = request("/text");
  limited.max_body_bytes = 4;
  EXPECT_THROW(client_->send(limited), Error);
  HttpRequest file;
  file.url = "file:///etc/hostname";
  EXPECT_THROW(client_->send(file), Error);
  HttpRequest nonsense;
  nonsense.url = "http://";
  EXPECT_THROW(client_->send(nonsense), Error);
}

TEST_F(HttpClientTest, PrivateAddressesAreRefusedWhereOnlyPublicOnesAreWanted) {
  const auto careful = make_http_client(context_, {.public_addresses_only = true});
  for (const std::string& url :
       {base_ + "/text", std::string("http://localhost:1/"), std::string("http://[::1]:1/"),
        std::string("http://0.0.0.0:1/"), std::string("http://2130706433/"),
        std::string("http://0x7f.1/")}) {
    HttpRequest private_one;
    private_one.url = url;
    try {
      careful->send(private_one);
      ADD_FAILURE() << url;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadInput) << url << ": " << error.what();
    }
  }
}

TEST_F(HttpClientTest, PackedBodiesAreUnpackedUpToTheLimit) {
  // The server packs texts for who takes them packed.
  server_.Get("/packed", [](const httplib::Request&, httplib::Response& response) {
    response.set_content(std::string(1'000'000, '0'), "text/plain");
  });
  HttpRequest packed = request("/packed");
  packed.compressed = true;
  const HttpResponse response = client_->send(packed);
  EXPECT_EQ(response.body, std::string(1'000'000, '0'));
  EXPECT_FALSE(response.header("content-encoding").empty());
  packed.max_body_bytes = 10'000;
  EXPECT_THROW(client_->send(packed), Error) << "a bomb";
}

TEST_F(HttpClientTest, EndlessAnswersAreGivenUpAfterTheTotalTimeout) {
  server_.Get("/endless", [](const httplib::Request&, httplib::Response& response) {
    response.set_chunked_content_provider("text/plain", [](size_t, httplib::DataSink& sink) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      return sink.write("drip", 4);
    });
  });
  HttpRequest endless = request("/endless");
  endless.total_timeout = std::chrono::seconds(1);
  EXPECT_THROW(client_->send(endless), ConnectionError);
}

TEST_F(HttpClientTest, PostsABody) {
  HttpRequest post = request("/echo");
  post.method = "POST";
  post.body = "a=1";
  EXPECT_EQ(client_->send(post).body, "a=1");
}

}  // namespace
}  // namespace twin
