#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "base/context.h"

namespace twin {

struct BrowserOptions {
  std::chrono::seconds max_time{60};  // for one page, scrolling included
  size_t max_scrolls = 50;
  size_t max_height = 300'000;  // of the page, in CSS pixels
  size_t max_bytes = 32 << 20;  // of its HTML
  bool public_addresses_only = true;
};

struct RenderedPage {
  std::string url;   // that is shown at last
  std::string html;  // the document as the scripts made it, in UTF-8
  size_t scrolls = 0;
  std::string cut;  // which limit ended the scrolling, empty if nothing new came any more
};

// Pages whose text is made by scripts, as Chromium shows them. For pages that have no article
// without it: it is slow and costs some 300 MB.
class Browser {
 public:
  virtual ~Browser() = default;
  // Loads a page and scrolls until nothing new comes or a limit is reached. Errors: kRemote where
  // it cannot be loaded or is longer than allowed, kBadInput where its address is not public,
  // kInterrupted. One call at a time, by the thread that started the browser.
  virtual RenderedPage render(const std::string& url) = 0;
};

// Why no browser can be had here, empty where one can: chromedriver or Chromium is not installed,
// or we are root, as whom Chromium has no sandbox against the pages it shows.
std::string no_browser_reason();

// Headless Chromium through chromedriver, both found on PATH, with an empty profile that is
// removed. All its connections go through an AddressProxy; plug-ins, downloads, UDP (QUIC, WebRTC),
// images and background traffic are off. What is not covered: a proxy of the environment is not
// used. `unsandboxed` runs it as root, for tests of pages that are our own. `context` outlives it.
// Errors: kRemote where it does not start.
std::unique_ptr<Browser> start_browser(Context& context, const BrowserOptions& options,
                                       bool unsandboxed = false);

}  // namespace twin
