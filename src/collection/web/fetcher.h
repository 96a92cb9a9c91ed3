#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/context.h"
#include "base/http_client.h"
#include "collection/web/host.h"
#include "collection/web/web_options.h"

namespace twin {

// What came of asking for a link.
struct Fetched {
  bool unchanged = false;           // the server says that nothing changed since `validators`
  std::optional<Url> elsewhere;     // it is on another host now
  std::optional<FetchedPage> page;  // else what it sent
  std::string etag, last_modified;
};

// Fetches pages of one host at a time, politely: asks robots.txt first, waits between requests,
// comes back later where the server asks for it, follows redirects within the host. One per thread.
class Fetcher {
 public:
  // All outlive the fetcher.
  Fetcher(const Context& context, const WebOptions& options);

  // `known` brings the validators of the last answer, where there was one. Errors: Refusal with the
  // reason (forbidden by robots.txt, HTTP 404, too long, no answer, ...); kInterrupted.
  Fetched fetch(Host& host, const Url& url, const std::optional<Item>& known);

 private:
  const Robots& robots_of(Host& host, const Url& url);
  HttpResponse send_patiently(Host& host, const Url& url, const HttpHeaders& headers);
  HttpResponse send_once(Host& host, const Url& url, const HttpHeaders& headers);
  void wait_until(std::chrono::steady_clock::time_point time) const;

  const Context& context_;
  const WebOptions& options_;
  std::unique_ptr<HttpClient> client_;
};

// "example.org:8080": whose queue a link waits in.
std::string host_name(const Url& url);

// Seconds that a Retry-After asks for, given as seconds or as a date. None where it says neither.
std::optional<std::chrono::seconds> retry_after(std::string_view value,
                                                std::chrono::system_clock::time_point now);

}  // namespace twin
