#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include "collection/web/source.h"

namespace twin {

// How the web is read: politely, and without trusting it.
struct WebOptions {
  size_t hosts_at_once = 8;
  std::chrono::milliseconds delay{1000};  // between two requests to a host; robots.txt may ask more
  std::chrono::seconds longest_delay{60};  // a longer crawl-delay or Retry-After is not waited for
  std::chrono::milliseconds first_backoff{
      2000};                                  // after a failure that may pass; doubled each time
  size_t attempts = 4;                        // of one request
  std::chrono::seconds longest_exchange{60};  // a slower answer is given up
  std::chrono::seconds longest_stall{20};
  uint64_t max_body_bytes = 20 << 20;  // unpacked
  size_t max_redirects = 10;
  size_t max_pages = 0;  // fetched in one run; 0: no limit
  bool allow_private_addresses = false;
  // Shows a page to a browser, where its plain form holds no article. May be empty. Called from
  // several threads. None where the browser cannot show it.
  std::function<std::optional<FetchedPage>(const FetchedPage& plain)> render = {};
};

}  // namespace twin
