#include "collection/web/browser.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/child_process.h"
#include "base/error.h"
#include "base/files.h"
#include "collection/web/address_proxy.h"
#include "collection/web/web_driver.h"

namespace twin {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr auto kPoll = std::chrono::milliseconds(200);
constexpr auto kQuiet = std::chrono::milliseconds(1200);  // unchanged for so long: all is there
constexpr auto kLoadTime = std::chrono::seconds(20);      // for the page's own resources

// A folder that is removed with all in it.
class ScratchFolder {
 public:
  ScratchFolder() : path_(neighbour_of(fs::temp_directory_path() / "twin-browser")) {
    fs::create_directories(path_);
  }
  ~ScratchFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::vector<std::string> arguments_for(int proxy_port, const fs::path& profile, bool unsandboxed) {
  std::vector<std::string> arguments = {
      "--headless",
      "--window-size=1280,2000",
      "--user-agent=Mozilla/5.0 (compatible; twin-writer/" TWIN_VERSION ")",
      "--user-data-dir=" + profile.string(),
      fmt::format("--proxy-server=socks5://127.0.0.1:{}", proxy_port),
      "--proxy-bypass-list=<-loopback>",
      "--disable-quic",
      "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
      "--remote-debugging-pipe",  // it ends when the driver does
      "--blink-settings=imagesEnabled=false",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-default-apps",
      "--disable-dev-shm-usage",
      "--disable-extensions",
      "--disable-gpu",
      "--disable-sync",
      "--mute-audio",
      "--no-first-run"};
  if (unsandboxed) arguments.emplace_back("--no-sandbox");
  return arguments;
}

// What tells whether more came: where we are, how far it has loaded, its height, elements and text.
constexpr const char* kState =
    "const b = document.body; return [location.href, document.readyState, "
    "Math.max(document.documentElement.scrollHeight, b ? b.scrollHeight : 0), "
    "document.getElementsByTagName('*').length, b ? b.textContent.length : 0];";
constexpr const char* kScroll =
    "window.scrollTo(0, Math.max(document.documentElement.scrollHeight, "
    "document.body ? document.body.scrollHeight : 0)); return null;";

class Chromium : public Browser {
 public:
  Chromium(Context& context, const BrowserOptions& options, const fs::path& driver,
           bool unsandboxed)
      : options_(options),
        proxy_({options.public_addresses_only}),
        driver_(context, driver, arguments_for(proxy_.port(), profile_.path(), unsandboxed)) {}

  RenderedPage render(const std::string& url) override {
    const auto deadline = Clock::now() + options_.max_time;
    const size_t refused_before = proxy_.refused().size();
    driver_.open(url);
    RenderedPage page;
    Json state = settle(std::min(deadline, Clock::now() + kLoadTime));
    check_loaded(url, state, refused_before);
    for (;;) {
      page.cut = limit_reached(state, page.scrolls, deadline);
      if (!page.cut.empty()) break;
      driver_.execute(kScroll);
      ++page.scrolls;
      const Json after = settle(deadline);
      const bool same = after == state;
      state = after;
      if (same) break;
    }
    page.url = state.at(0).get<std::string>();
    page.html = html(url);
    return page;
  }

 private:
  // Waits until nothing has changed for a while, or the deadline; gives the last state.
  Json settle(Clock::time_point deadline) {
    Json state;
    auto since = Clock::now();
    for (;;) {
      std::this_thread::sleep_for(kPoll);
      Json now = driver_.execute(kState);
      if (now != state) {
        state = std::move(now);
        since = Clock::now();
      }
      const std::string where = state.at(0).get<std::string>();
      const bool begun = where != "data:," && where != "about:blank";
      const bool complete = begun && state.at(1) == "complete";
      if ((complete && Clock::now() - since > kQuiet) || Clock::now() > deadline) return state;
    }
  }

  void check_loaded(const std::string& url, const Json& state, size_t refused_before) {
    const std::string where = state.at(0).get<std::string>();
    if (where.starts_with("http://") || where.starts_with("https://")) return;
    const std::vector<std::string> refused = proxy_.refused();
    if (refused.size() > refused_before) {
      throw Error(ErrorCode::kBadInput,
                  fmt::format("{}: {} is no public address", url, refused.back()));
    }
    throw Error(ErrorCode::kRemote, fmt::format("{}: the browser cannot load it", url));
  }

  std::string limit_reached(const Json& state, size_t scrolls, Clock::time_point deadline) const {
    if (Clock::now() > deadline) return fmt::format("{} s", options_.max_time.count());
    if (scrolls >= options_.max_scrolls) return fmt::format("{} scrolls", options_.max_scrolls);
    if (state.at(2).get<double>() > static_cast<double>(options_.max_height)) {
      return fmt::format("a height of {} pixels", options_.max_height);
    }
    return {};
  }

  std::string html(const std::string& url) {
    const Json size = driver_.execute("return document.documentElement.outerHTML.length;");
    if (!size.is_number() || size.get<double>() > static_cast<double>(options_.max_bytes)) {
      throw Error(ErrorCode::kRemote,
                  fmt::format("{}: the page is longer than {} bytes", url, options_.max_bytes));
    }
    const Json html = driver_.execute("return document.documentElement.outerHTML;");
    return "<!DOCTYPE html>\n" + html.get<std::string>() + '\n';
  }

  BrowserOptions options_;
  ScratchFolder profile_;
  AddressProxy proxy_;
  WebDriver driver_;
};

bool has_chromium() {
  return find_program("chromium") || find_program("chromium-browser") ||
         find_program("google-chrome") || find_program("chrome");
}

}  // namespace

std::string no_browser_reason() {
  if (!find_program("chromedriver") || !has_chromium()) {
    return "chromedriver and Chromium are not installed (Debian: chromium, chromium-driver)";
  }
  for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
    if (const char* proxy = std::getenv(name); proxy != nullptr && *proxy != '\0') {
      return fmt::format("it does not go through the proxy in {}", name);
    }
  }
  if (::geteuid() == 0) return "as root Chromium has no sandbox; run twin as another user";
  return {};
}

std::unique_ptr<Browser> start_browser(Context& context, const BrowserOptions& options,
                                       bool unsandboxed) {
  const auto driver = find_program("chromedriver");
  if (!driver) throw Error(ErrorCode::kRemote, no_browser_reason());
  return std::make_unique<Chromium>(context, options, *driver, unsandboxed);
}

}  // namespace twin
