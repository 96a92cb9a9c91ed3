#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/context.h"
#include "base/error.h"

namespace twin {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method = "GET";  // GET, HEAD, POST, PUT or DELETE
  std::string url;             // http or https
  HttpHeaders headers;
  std::string body;  // of a POST, PUT or DELETE
  std::chrono::seconds connect_timeout{10};
  std::chrono::seconds stall_timeout{30};        // given up where no byte comes for so long
  std::chrono::seconds total_timeout{0};         // of the whole exchange; 0: none
  uint64_t max_body_bytes = uint64_t{64} << 20;  // of a body kept in memory, unpacked
  bool compressed = false;  // asks for gzip, deflate or brotli, and unpacks what comes
};

struct HttpResponse {
  int status = 0;
  HttpHeaders headers;  // names in lower case, in the order they came
  std::string body;     // empty where a sink took it
  std::string url;      // that answered

  // The last header of that name (given in lower case); empty where there is none.
  std::string_view header(std::string_view name) const;
};

// Takes the body of a 2xx response in pieces; status and headers are known by then. May throw.
using HttpSink = std::function<void(const HttpResponse& head, std::string_view piece)>;

// The connection could not be made, was too slow or broke off: the same request may succeed later.
class ConnectionError : public Error {
 public:
  explicit ConnectionError(const std::string& message) : Error(ErrorCode::kRemote, message) {}
};

// Sends requests. One call at a time per client; it keeps its connections from call to call.
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  // One request, one response, whatever its status. Redirects are not followed. Without a sink, and
  // for statuses other than 2xx, the body is kept, up to max_body_bytes.
  // Errors: ConnectionError; kRemote for a body over the limit, a certificate that does not hold or
  // an answer that is not HTTP; kUsage for a URL that is none; kInterrupted.
  virtual HttpResponse send(const HttpRequest& request, const HttpSink& sink = {}) = 0;
};

struct HttpClientOptions {
  // Connects to public addresses alone (base/public_address.h), whatever a name stands for at that
  // moment; others are kBadInput. Through a proxy, which finds the address itself, the URL's host
  // is looked up and checked here beforehand, if this machine can.
  bool public_addresses_only = false;
};

// Over libcurl: certificates are checked against the system's store; http_proxy, https_proxy and
// no_proxy are honoured; User-Agent "twin-writer/VERSION". `context` outlives the client.
std::unique_ptr<HttpClient> make_http_client(const Context& context,
                                             const HttpClientOptions& options = {});

// send(), then the same again where a redirect points. Credentials (Authorization, Cookie) go to
// the first URL's origin (scheme, host and port) alone. Errors: also kRemote after `max_redirects`,
// and for a redirect from https to http.
HttpResponse send_following(HttpClient& client, HttpRequest request, const HttpSink& sink = {},
                            size_t max_redirects = 10);

// `text` with all but letters, digits and -._~ as %XX; `keep` names further characters to keep.
std::string url_encode(std::string_view text, std::string_view keep = {});

// Whether a text begins as a URL that a client takes: "http://" or "https://".
bool is_http_url(std::string_view text);

// "scheme://host:port" of a URL, in lower case, the port always said. Errors: kUsage for no URL.
std::string url_origin(const std::string& url);

}  // namespace twin
