#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "base/context.h"
#include "collection/web/browser.h"
#include "collection/web/source.h"

namespace twin {

// Shows pages to a browser that starts with the first one and ends with this: for
// WebOptions::render. Pages are shown one after the other. Thread-safe.
class PageRenderer {
 public:
  // `context` outlives it.
  PageRenderer(Context& context, const BrowserOptions& options);
  ~PageRenderer();
  PageRenderer(const PageRenderer&) = delete;
  PageRenderer& operator=(const PageRenderer&) = delete;

  // The page as a browser makes it of its scripts; none, said in the log, where there is no browser
  // or it cannot show it.
  std::optional<FetchedPage> render(const FetchedPage& plain);

 private:
  void serve();

  Context& context_;
  BrowserOptions options_;
  std::mutex turn_;  // held by the caller whose page is shown
  std::mutex mutex_;
  std::condition_variable changed_;
  const FetchedPage* asked_ = nullptr;
  std::optional<FetchedPage> answer_;
  bool stopping_ = false;
  bool unusable_ = false;
  std::thread worker_;  // owns the browser, which belongs to one thread
};

}  // namespace twin
