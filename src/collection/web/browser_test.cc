#include "collection/web/browser.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <unistd.h>

#include <thread>

#include "base/child_process.h"
#include "base/error.h"

namespace twin {
namespace {

// Serves a page whose text scripts write, more of it the further one scrolls.
class RenderPage : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!find_program("chromedriver") || !find_program("chromium")) {
      GTEST_SKIP() << "no chromedriver and Chromium here";
    }
    server_.Get("/", [](const httplib::Request& request, httplib::Response& response) {
      response.set_content(
          "<title>T</title><body><article id=a></article><script>"
          "let n = 0; const a = document.getElementById('a');"
          "function more() { if (n >= 5) return; n++; const p = document.createElement('p');"
          " p.style.height = '3000px'; p.textContent = 'Paragraph — ' + n; a.appendChild(p); }"
          "setTimeout(more, 300);"
          "window.addEventListener('scroll', () => setTimeout(more, 200));</script>" +
              fmt::format("<p id=ua>{}</p>", request.get_header_value("User-Agent")),
          "text/html; charset=utf-8");
    });
    server_.Get("/endless", [](const httplib::Request&, httplib::Response& response) {
      response.set_content(
          "<body><script>setInterval(() => { const p = document.createElement('p');"
          " p.textContent = 'x'; document.body.appendChild(p); }, 100);</script>",
          "text/html");
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  void TearDown() override {
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }
  std::string url(const std::string& path) const {
    return fmt::format("http://127.0.0.1:{}{}", port_, path);
  }
  std::unique_ptr<Browser> start(BrowserOptions options) {
    return start_browser(context_, options, geteuid() == 0);
  }

  QuietContext context_;
  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
};

TEST_F(RenderPage, ScriptsRunAndScrollingBringsAll) {
  BrowserOptions options;
  options.public_addresses_only = false;
  const RenderedPage page = start(options)->render(url("/"));
  EXPECT_EQ(page.url, url("/"));
  EXPECT_EQ(page.cut, "");
  for (int i = 1; i <= 5; ++i) {
    EXPECT_NE(page.html.find(fmt::format("Paragraph — {}<", i)), std::string::npos) << i;
  }
  EXPECT_NE(page.html.find("twin-writer/"), std::string::npos);
}

TEST_F(RenderPage, APageWithoutEndIsCutAndSaysSo) {
  BrowserOptions options;
  options.public_addresses_only = false;
  options.max_time = std::chrono::seconds(4);
  const RenderedPage page = start(options)->render(url("/endless"));
  EXPECT_EQ(page.cut, "4 s");
  EXPECT_NE(page.html.find("<p>x</p>"), std::string::npos);
}

TEST_F(RenderPage, AddressesThatAreNotPublicAreNotReached) {
  const auto browser = start({});
  for (const std::string& address : {url("/"), fmt::format("http://localhost:{}/", port_),
                                     fmt::format("http://[::ffff:127.0.0.1]:{}/", port_)}) {
    try {
      browser->render(address);
      FAIL() << address;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadInput) << error.what();
      EXPECT_NE(std::string(error.what()).find("no public address"), std::string::npos)
          << error.what();
    }
  }
}

}  // namespace
}  // namespace twin
