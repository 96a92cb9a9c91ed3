#include "collection/web/browser.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
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

#ifdef __linux__

// A process's parent and state, 'Z' where it has ended; nothing where there is no such process.
std::optional<std::pair<int, char>> parent_and_state(int id) {
  std::ifstream stream(fmt::format("/proc/{}/stat", id));
  std::string text;
  if (!std::getline(stream, text)) return {};
  std::istringstream after_name(text.substr(text.find_last_of(')') + 1));
  char state = 0;
  int parent = 0;
  after_name >> state >> parent;
  return std::pair(parent, state);
}

std::set<int> all_below(int ancestor) {
  std::map<int, int> parents;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const int id = std::atoi(entry.path().filename().c_str());
    if (id == 0) continue;
    if (const auto found = parent_and_state(id)) parents[id] = found->first;
  }
  std::set<int> below;
  for (const auto& [id, unused] : parents) {
    int up = id;
    while (up > 1 && up != ancestor && parents.count(up) > 0) up = parents[up];
    if (up == ancestor && id != ancestor) below.insert(id);
  }
  return below;
}

size_t running(const std::set<int>& ids) {
  return static_cast<size_t>(std::count_if(ids.begin(), ids.end(), [](int id) {
    const auto found = parent_and_state(id);
    return found && found->second != 'Z' && found->second != 'X';
  }));
}

TEST(StartBrowser, NothingRunsOnWhereWeAreKilled) {
  if (!find_program("chromedriver") || !find_program("chromium")) {
    GTEST_SKIP() << "no chromedriver and Chromium here";
  }
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const int child = ::fork();
  if (child == 0) {
    ::alarm(60);
    try {
      QuietContext context;
      const auto browser = start_browser(context, {}, geteuid() == 0);
      if (::write(ends[1], "x", 1) == 1) ::pause();
    } catch (const std::exception&) {
    }
    ::_exit(1);
  }
  ::close(ends[1]);
  char started = 0;
  const bool ready = ::read(ends[0], &started, 1) == 1;
  ::close(ends[0]);
  const std::set<int> processes = all_below(child);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ASSERT_TRUE(ready) << "the browser did not start";
  EXPECT_GE(processes.size(), 2U);  // the driver and the browser
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (running(processes) > 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  EXPECT_EQ(running(processes), 0U) << "of " << processes.size();
  for (const int id : processes) {
    if (running({id}) > 0) ::kill(id, SIGKILL);
  }
}

#endif

}  // namespace
}  // namespace twin
