#include "base/http_client.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <exception>

#include "base/public_address.h"

namespace twin {
namespace {

struct CurlDeleter {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  void operator()(char* text) const { curl_free(text); }
};
using Handle = std::unique_ptr<CURL, CurlDeleter>;
using Url = std::unique_ptr<CURLU, CurlDeleter>;
using HeaderList = std::unique_ptr<curl_slist, CurlDeleter>;
using CurlText = std::unique_ptr<char, CurlDeleter>;

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

// One request on its way: what libcurl's callbacks see.
struct Exchange {
  const HttpRequest& request;
  const HttpSink& sink;
  const Context& context;
  CURL* handle;
  HttpResponse response;
  std::exception_ptr failure;  // thrown inside a callback, for the caller
};

Error not_public(const std::string& url, const std::string& address) {
  return Error(ErrorCode::kBadInput,
               fmt::format("{}: leads to {}, which is no public address", url, address));
}

// Runs `work`, keeping what it throws; 0 tells libcurl to give up.
template <class Work>
size_t guarded(Exchange& exchange, size_t size, const Work& work) {
  try {
    work();
    return size;
  } catch (...) {
    exchange.failure = std::current_exception();
    return 0;
  }
}

size_t on_header(char* data, size_t, size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  return guarded(exchange, size, [&] {
    const std::string_view line(data, size);
    // Interim responses (100 Continue) come before the final one.
    if (line.starts_with("HTTP/")) exchange.response.headers.clear();
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) return;
    exchange.response.headers.emplace_back(lower(trimmed(line.substr(0, colon))),
                                           trimmed(line.substr(colon + 1)));
  });
}

size_t on_body(char* data, size_t, size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  return guarded(exchange, size, [&] {
    HttpResponse& response = exchange.response;
    if (response.status == 0) {
      long status = 0;
      curl_easy_getinfo(exchange.handle, CURLINFO_RESPONSE_CODE, &status);
      response.status = static_cast<int>(status);
    }
    const std::string_view piece(data, size);
    if (exchange.sink && response.status / 100 == 2) {
      exchange.sink(response, piece);
      return;
    }
    if (response.body.size() + size > exchange.request.max_body_bytes) {
      throw Error(ErrorCode::kRemote,
                  fmt::format("{}: the answer is longer than {} bytes", exchange.request.url,
                              exchange.request.max_body_bytes));
    }
    response.body += piece;
  });
}

// Opens the socket of a connection to be made, if its address may be reached.
curl_socket_t open_public_socket(void* user, curlsocktype, curl_sockaddr* address) {
  auto& exchange = *static_cast<Exchange*>(user);
  const bool allowed = guarded(exchange, 1, [&] {
    if (!is_public_address(&address->addr)) {
      throw not_public(exchange.request.url, address_text(&address->addr));
    }
  });
  if (!allowed) return CURL_SOCKET_BAD;
  return socket(address->family, address->socktype, address->protocol);
}

// Whether the environment names a proxy, as libcurl reads it.
bool has_proxy() {
  constexpr std::array kNames = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                 "ALL_PROXY"};
  return std::any_of(kNames.begin(), kNames.end(), [](const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0';
  });
}

int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Exchange*>(user)->context.interrupted ? 1 : 0;
}

bool may_pass(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_PARTIAL_FILE:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return true;
    default:
      return false;
  }
}

class CurlHttpClient : public HttpClient {
 public:
  CurlHttpClient(const Context& context, const HttpClientOptions& options)
      : context_(context), options_(options) {
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    handle_.reset(started == CURLE_OK ? curl_easy_init() : nullptr);
    TWIN_CHECK(handle_ != nullptr, "libcurl does not start");
  }

  HttpResponse send(const HttpRequest& request, const HttpSink& sink) override {
    CURL* handle = handle_.get();
    curl_easy_reset(handle);  // keeps connections and what was resolved
    Exchange exchange{request, sink, context_, handle, {}, nullptr};
    exchange.response.url = request.url;
    HeaderList headers;
    for (const auto& [name, value] : request.headers) {
      const std::string line = fmt::format("{}: {}", name, value);
      TWIN_CHECK(line.find_first_of("\r\n") == std::string::npos, "a header of several lines");
      curl_slist* longer = curl_slist_append(headers.get(), line.c_str());
      TWIN_CHECK(longer != nullptr);
      static_cast<void>(headers.release());
      headers.reset(longer);
    }
    set_up(exchange, headers.get());
    if (options_.public_addresses_only) keep_public(exchange);
    const CURLcode code = curl_easy_perform(handle);
    if (exchange.failure) std::rethrow_exception(exchange.failure);
    if (code != CURLE_OK) fail(request, code);
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    exchange.response.status = static_cast<int>(status);
    return std::move(exchange.response);
  }

 private:
  void set_up(Exchange& exchange, curl_slist* headers) {
    CURL* handle = handle_.get();
    const HttpRequest& request = exchange.request;
    error_[0] = '\0';
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, error_);
    curl_easy_setopt(handle, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(handle, CURLOPT_USERAGENT, "twin-writer/" TWIN_VERSION);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);  // signals are the program's
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT,
                     static_cast<long>(request.connect_timeout.count()));
    curl_easy_setopt(handle, CURLOPT_TIMEOUT, static_cast<long>(request.total_timeout.count()));
    if (request.compressed) curl_easy_setopt(handle, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME,
                     static_cast<long>(request.stall_timeout.count()));
    if (request.method == "HEAD") {
      curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
    } else if (request.method != "GET") {
      const bool known =
          request.method == "POST" || request.method == "PUT" || request.method == "DELETE";
      TWIN_CHECK(known, request.method);
      curl_easy_setopt(handle, CURLOPT_POST, 1L);
      curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
      curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.data());
      curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
                       static_cast<curl_off_t>(request.body.size()));
    }
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, &exchange);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &exchange);
    curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &exchange);
  }

  void keep_public(Exchange& exchange) {
    if (has_proxy()) {
      check_host(exchange.request.url);
      return;
    }
    curl_easy_setopt(handle_.get(), CURLOPT_OPENSOCKETFUNCTION, open_public_socket);
    curl_easy_setopt(handle_.get(), CURLOPT_OPENSOCKETDATA, &exchange);
  }

  static void check_host(const std::string& url);

  [[noreturn]] void fail(const HttpRequest& request, CURLcode code) const {
    stop_if_interrupted(context_);
    const std::string message =
        fmt::format("{}: {}", request.url, error_[0] != '\0' ? error_ : curl_easy_strerror(code));
    if (may_pass(code)) throw ConnectionError(message);
    const bool bad_url = code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL;
    throw Error(bad_url ? ErrorCode::kUsage : ErrorCode::kRemote, message);
  }

  const Context& context_;
  HttpClientOptions options_;
  Handle handle_;
  char error_[CURL_ERROR_SIZE] = {};
};

Url parse_url(const std::string& text) {
  Url url(curl_url());
  TWIN_CHECK(url != nullptr);
  if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) {
    throw Error(ErrorCode::kUsage, fmt::format("{}: not a URL", text));
  }
  return url;
}

std::string part_of(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return {};
  const CurlText owner(text);
  return text;
}

void CurlHttpClient::check_host(const std::string& url) {
  std::string host = part_of(parse_url(url).get(), CURLUPART_HOST);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), nullptr, nullptr, &found) != 0) return;
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    if (!is_public_address(each->ai_addr)) throw not_public(url, address_text(each->ai_addr));
  }
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool is_credential(std::string_view name) {
  return lower(name) == "authorization" || lower(name) == "cookie";
}

// Where a redirect's Location (relative or not) leads from `url`.
std::string redirected(const std::string& url, const std::string& location) {
  const Url target = parse_url(url);
  if (curl_url_set(target.get(), CURLUPART_URL, location.c_str(), 0) != CURLUE_OK) {
    throw Error(ErrorCode::kRemote, fmt::format("{}: redirects to '{}', not a URL", url, location));
  }
  return part_of(target.get(), CURLUPART_URL);
}

}  // namespace

std::string_view HttpResponse::header(std::string_view name) const {
  for (auto it = headers.rbegin(); it != headers.rend(); ++it) {
    if (it->first == name) return it->second;
  }
  return {};
}

std::unique_ptr<HttpClient> make_http_client(const Context& context,
                                             const HttpClientOptions& options) {
  return std::make_unique<CurlHttpClient>(context, options);
}

HttpResponse send_following(HttpClient& client, HttpRequest request, const HttpSink& sink,
                            size_t max_redirects) {
  const std::string first = request.url;
  for (size_t hop = 0;; ++hop) {
    HttpResponse response = client.send(request, sink);
    const std::string location(response.header("location"));
    if (!is_redirect(response.status) || location.empty()) return response;
    if (hop == max_redirects) {
      throw Error(ErrorCode::kRemote, fmt::format("{}: more than {} redirects", first, hop));
    }
    const std::string target = redirected(request.url, location);
    const std::string from = url_origin(request.url), to = url_origin(target);
    if (from.starts_with("https:") && !to.starts_with("https:")) {
      throw Error(ErrorCode::kRemote,
                  fmt::format("{}: redirects from https to {}; refused", request.url, to));
    }
    if (from != to) {
      std::erase_if(request.headers,
                    [](const auto& header) { return is_credential(header.first); });
    }
    if (response.status == 303 && request.method != "HEAD") {
      request.method = "GET";
      request.body.clear();
    }
    request.url = target;
  }
}

bool is_http_url(std::string_view text) {
  return text.starts_with("http://") || text.starts_with("https://");
}

std::string url_encode(std::string_view text, std::string_view keep) {
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte < 128 && (std::isalnum(byte) || c == '-' || c == '.' || c == '_' ||
                                      c == '~' || keep.find(c) != std::string_view::npos);
    if (plain) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", byte);
    }
  }
  return encoded;
}

std::string url_origin(const std::string& url) {
  const Url parsed = parse_url(url);
  return lower(fmt::format("{}://{}:{}", part_of(parsed.get(), CURLUPART_SCHEME),
                           part_of(parsed.get(), CURLUPART_HOST),
                           part_of(parsed.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT)));
}

}  // namespace twin
