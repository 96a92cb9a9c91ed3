#include "collection/web/fetcher.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <thread>

#include "base/error.h"
#include "base/progress.h"
#include "collection/web/charset.h"
#include "text/unicode.h"

namespace twin {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr std::string_view kAgent = "twin-writer";

bool may_pass(int status) {
  return status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
}

std::string target_of(const Url& url) {
  return url.query().empty() ? url.path() : url.path() + '?' + url.query();
}

std::string media_type_of(const HttpResponse& response) {
  std::string type = lower(response.header("content-type"));
  type = type.substr(0, type.find(';'));
  while (!type.empty() && type.back() == ' ') type.pop_back();
  if (!type.empty()) return type;
  const size_t first = response.body.find_first_not_of(" \t\r\n\xef\xbb\xbf");
  const bool marked_up = first != std::string::npos && response.body[first] == '<';
  return marked_up ? "text/html" : "application/octet-stream";
}

bool is_text(const std::string& media_type) {
  return media_type.starts_with("text/") || media_type.ends_with("xml") ||
         media_type.ends_with("json") || media_type == "application/javascript";
}

std::string header_lines(const HttpHeaders& headers) {
  std::string lines;
  for (const auto& [name, value] : headers) lines += fmt::format("{}: {}\n", name, value);
  return lines;
}

FetchedPage page_of(const Url& asked, const Url& url, HttpResponse response, const Robots& robots) {
  FetchedPage page{asked,
                   url,
                   media_type_of(response),
                   {},
                   {},
                   header_lines(response.headers),
                   robots.sitemaps()};
  if (is_text(page.media_type)) page.text = to_utf8(response.body, response.header("content-type"));
  page.raw = std::move(response.body);
  return page;
}

Refusal answered(int status) {
  const char* meaning = status == 401 || status == 403  ? ": the site refuses"
                        : status == 404                 ? ": there is no such page"
                        : status == 410                 ? ": the page is gone"
                        : status == 429                 ? ": too many requests, try again later"
                        : status == 451                 ? ": not available for legal reasons"
                        : status >= 500 && status < 600 ? ": the server fails, try again later"
                                                        : "";
  return {"failed", fmt::format("HTTP {}{}", status, meaning)};
}

}  // namespace

std::string host_name(const Url& url) {
  const std::string origin = url.origin();
  return origin.substr(origin.find("://") + 3);
}

std::optional<seconds> retry_after(std::string_view value,
                                   std::chrono::system_clock::time_point now) {
  long count = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), count);
  if (error == std::errc() && end == value.data() + value.size() && count >= 0) {
    return seconds(count);
  }
  const time_t date = curl_getdate(std::string(value).c_str(), nullptr);
  if (date < 0) return std::nullopt;
  const auto left = std::chrono::ceil<seconds>(std::chrono::system_clock::from_time_t(date) - now);
  return std::max(left, seconds(0));
}

Fetcher::Fetcher(const Context& context, const WebOptions& options)
    : context_(context),
      options_(options),
      client_(
          make_http_client(context, {.public_addresses_only = !options.allow_private_addresses})) {}

Fetched Fetcher::fetch(Host& host, const Url& asked, const std::optional<Item>& known) {
  Url url = asked;
  std::set<Url> seen;
  for (size_t hop = 0;; ++hop) {
    if (hop > options_.max_redirects || !seen.insert(url).second) {
      throw Refusal{"failed", fmt::format("redirected in circles, {} times", hop)};
    }
    const Robots& robots = robots_of(host, url);
    if (!robots.allows(target_of(url))) {
      throw Refusal{"skipped", fmt::format("{}/robots.txt does not allow it", url.origin())};
    }
    HttpHeaders headers = {
        {"Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}};
    if (known) {  // of the last answer, wherever redirects led to it
      if (!known->etag.empty()) headers.emplace_back("If-None-Match", known->etag);
      if (!known->last_modified.empty()) {
        headers.emplace_back("If-Modified-Since", known->last_modified);
      }
    }
    HttpResponse response = send_patiently(host, url, headers);
    Fetched fetched;
    fetched.etag = response.header("etag");
    fetched.last_modified = response.header("last-modified");
    if (response.status == 304) {
      fetched.unchanged = true;
      return fetched;
    }
    const std::string location(response.header("location"));
    if (response.status / 100 == 3 && !location.empty()) {
      const std::optional<Url> next = Url::resolve(url, location);
      if (!next)
        throw Refusal{"failed", fmt::format("redirected to '{}', no link to follow", location)};
      if (host_name(*next) != host.name) {
        fetched.elsewhere = next;
        return fetched;
      }
      url = *next;
      continue;
    }
    if (response.status / 100 != 2) throw answered(response.status);
    fetched.page = page_of(asked, url, std::move(response), robots);
    return fetched;
  }
}

const Robots& Fetcher::robots_of(Host& host, const Url& url) {
  const std::string origin = url.origin();
  if (const auto found = host.robots.find(origin); found != host.robots.end()) return found->second;
  Robots robots;
  Url at = Url::parse(origin + "/robots.txt");
  for (size_t hop = 0; hop < 5; ++hop) {  // RFC 9309 asks for five redirects at least
    const HttpResponse response = send_patiently(host, at, {});
    const std::string location(response.header("location"));
    if (response.status / 100 == 3 && !location.empty()) {
      const std::optional<Url> next = Url::resolve(at, location);
      if (!next) break;
      at = *next;
      continue;
    }
    if (response.status / 100 == 2) robots = Robots::parse(response.body, kAgent);
    // Unreachable: nothing may be fetched; absent (4xx): everything may.
    if (response.status >= 500) {
      throw Refusal{"failed",
                    fmt::format("{}/robots.txt answers HTTP {}, so nothing may be fetched; "
                                "try again later",
                                origin, response.status)};
    }
    break;
  }
  host.delay = options_.delay;
  if (const auto asked = robots.crawl_delay_seconds()) {
    const auto longest = std::chrono::duration<double>(options_.longest_delay);
    const auto wanted = std::min(std::chrono::duration<double>(*asked), longest);
    host.delay = std::max(host.delay, std::chrono::ceil<milliseconds>(wanted));
  }
  host.next = std::max(host.next, steady_clock::now() + host.delay);
  return host.robots.emplace(origin, std::move(robots)).first->second;
}

HttpResponse Fetcher::send_patiently(Host& host, const Url& url, const HttpHeaders& headers) {
  milliseconds backoff = options_.first_backoff;
  for (size_t attempt = 1;; ++attempt) {
    milliseconds wait = backoff;
    const bool last = attempt >= options_.attempts;
    try {
      HttpResponse response = send_once(host, url, headers);
      if (!may_pass(response.status)) return response;
      if (const auto asked = retry_after(response.header("retry-after"), context_.clock.now())) {
        if (*asked > options_.longest_delay) {
          throw Refusal{"failed",
                        fmt::format("HTTP {}: asks to come back in {}", response.status,
                                    format_duration(static_cast<double>(asked->count())))};
        }
        wait = std::max<milliseconds>(wait, *asked);
      }
      if (last) return response;
    } catch (const ConnectionError& error) {
      if (last) throw Refusal{"failed", error.what()};
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kRemote && error.code() != ErrorCode::kBadInput) throw;
      throw Refusal{"failed", error.what()};
    }
    // The host as a whole is left alone for as long.
    host.next = std::max(host.next, steady_clock::now() + wait);
    backoff = std::min<milliseconds>(2 * backoff, options_.longest_delay);
  }
}

HttpResponse Fetcher::send_once(Host& host, const Url& url, const HttpHeaders& headers) {
  wait_until(host.next);
  HttpRequest request;
  request.url = url.text();
  request.headers = headers;
  request.compressed = true;
  request.max_body_bytes = options_.max_body_bytes;
  request.total_timeout = options_.longest_exchange;
  request.stall_timeout = options_.longest_stall;
  const auto pause = [&] {
    host.next = steady_clock::now() + std::max(host.delay, options_.delay);
  };
  try {
    HttpResponse response = client_->send(request);
    pause();
    return response;
  } catch (...) {
    pause();
    throw;
  }
}

void Fetcher::wait_until(steady_clock::time_point time) const {
  while (true) {
    stop_if_interrupted(context_);
    const auto left = time - steady_clock::now();
    if (left <= left.zero()) return;
    std::this_thread::sleep_for(std::min<steady_clock::duration>(left, milliseconds(100)));
  }
}

}  // namespace twin
