#include "collection/web/page_renderer.h"

#include <fmt/format.h>

#include "base/error.h"

namespace twin {

PageRenderer::PageRenderer(Context& context, const BrowserOptions& options)
    : context_(context), options_(options) {}

PageRenderer::~PageRenderer() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (worker_.joinable()) worker_.join();
}

std::optional<FetchedPage> PageRenderer::render(const FetchedPage& plain) {
  std::lock_guard turn(turn_);
  std::unique_lock lock(mutex_);
  if (!worker_.joinable() && !unusable_) {
    if (const std::string why = no_browser_reason(); !why.empty()) {
      unusable_ = true;
      context_.log.warning(fmt::format("pages that need a browser are read without one: {}", why));
    } else {
      worker_ = std::thread([this] { serve(); });
    }
  }
  if (unusable_) return std::nullopt;
  answer_.reset();
  asked_ = &plain;
  changed_.notify_all();
  changed_.wait(lock, [&] { return asked_ == nullptr; });
  return std::move(answer_);
}

void PageRenderer::serve() {
  std::unique_ptr<Browser> browser;
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return stopping_ || asked_ != nullptr; });
    if (stopping_) return;
    const FetchedPage& plain = *asked_;
    lock.unlock();
    std::optional<FetchedPage> answer;
    try {
      if (!browser) browser = start_browser(context_, options_);
      const RenderedPage page = browser->render(plain.url.text());
      if (!page.cut.empty()) {
        context_.log.warning(fmt::format("{}: scrolled for {} only", page.url, page.cut));
      }
      answer = plain;
      answer->url = Url::parse(page.url);
      answer->media_type = "text/html";
      answer->text = answer->raw = page.html;
    } catch (const std::exception& error) {
      context_.log.warning(error.what());
      answer.reset();
      browser.reset();  // whatever state it is in
    }
    lock.lock();
    answer_ = std::move(answer);
    asked_ = nullptr;
    changed_.notify_all();
  }
}

}  // namespace twin
