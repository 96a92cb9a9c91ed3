#include "inference/http_service.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <httplib.h>
#include <openssl/crypto.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "base/error.h"
#include "base/json.h"
#include "inference/draft_json.h"
#include "inference/qdrant_api.h"
#include "inference/web_assets.h"

namespace twin {
namespace {

constexpr size_t kMaxQueryBytes = 8000;
constexpr size_t kMaxPointsBytes = size_t{32} << 20;  // of a request to /collections, as Qdrant's
constexpr long long kMaxPassages = 50;
constexpr time_t kReadTimeoutSeconds = 10;  // a client that sends nothing holds a thread no longer

// A request that cannot be answered, with the status that says so.
struct HttpError {
  int status;
  std::string message;
};

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUsage:
    case ErrorCode::kBadInput:
      return 422;
    case ErrorCode::kRemote:
      return 502;
    case ErrorCode::kDoesNotFit:
      return 507;
    case ErrorCode::kInterrupted:
      return 503;
    case ErrorCode::kFailed:
      return 500;
  }
  return 500;
}

void answer(httplib::Response& response, int status, const OrderedJson& body) {
  response.status = status;
  response.set_content(dump_json(body) + '\n', "application/json");
}

void refuse(httplib::Response& response, int status, const std::string& message) {
  answer(response, status, {{"error", {{"status", status}, {"message", message}}}});
}

// In the shape that Qdrant's clients read.
void refuse_as_qdrant(httplib::Response& response, int status, const std::string& message) {
  answer(response, status, {{"status", {{"error", message}}}, {"time", 0}});
}

// "127.0.0.1:8000" -> "127.0.0.1", "[::1]:8000" -> "::1".
std::string host_name(const std::string& header) {
  if (header.starts_with('[')) return header.substr(1, header.find(']') - 1);
  return header.substr(0, header.find(':'));
}

bool same_secret(const std::string& a, const std::string& b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string too_long(size_t most) {
  return fmt::format(
      "the body is too long: at most {} bytes are taken, and 8192 where it is sent as "
      "a form (say 'Content-Type: application/json')",
      most);
}

bool is_of_runs(const std::string& path) { return path == "/runs" || path.starts_with("/runs/"); }

// A member of a request's body as a number between the bounds.
template <class T>
void read_number(const Json& body, const char* key, double low, double high, T& value) {
  if (!body.contains(key) || body[key].is_null()) return;
  const bool whole = std::is_integral_v<T>;
  const Json& found = body[key];
  if (whole ? !found.is_number_integer() : !found.is_number()) {
    throw HttpError{422, fmt::format("'{}' is not {}", key, whole ? "an integer" : "a number")};
  }
  const auto number = found.get<double>();
  if (!(number >= low && number <= high)) {
    throw HttpError{422, fmt::format("'{}' is {}; expected {} to {}", key, number, low, high)};
  }
  value = found.get<T>();
}

struct DraftRequest {
  std::string query;
  WriteOptions options;
};

DraftRequest read_request(const std::string& bytes, const WriteOptions& defaults) {
  Json body;
  try {
    body = parse_json(bytes, "request body", {.max_bytes = size_t{1} << 30, .max_depth = 8});
  } catch (const Error& error) {
    throw HttpError{400, error.what()};
  }
  if (!body.is_object()) throw HttpError{422, "the body is not a JSON object {\"query\": ...}"};
  if (!body.contains("query")) throw HttpError{422, "'query' is missing: what to write about"};
  if (!body["query"].is_string()) throw HttpError{422, "'query' is not a string"};
  DraftRequest request{body["query"].get<std::string>(), defaults};
  if (request.query.find_first_not_of(" \t\r\n") == std::string::npos) {
    throw HttpError{422, "'query' is empty: say what to write about"};
  }
  if (request.query.size() > kMaxQueryBytes) {
    throw HttpError{422, fmt::format("'query' has {} bytes; at most {} are taken",
                                     request.query.size(), kMaxQueryBytes)};
  }
  SamplingOptions& sampling = request.options.sampling;
  constexpr double kMost = 1 << 20;
  read_number(body, "k", 1, kMaxPassages, request.options.retrieval.k);
  read_number(body, "words", 0, 5000, request.options.words);
  read_number(body, "max_new_tokens", 1, kMost, sampling.max_new_tokens);
  read_number(body, "temperature", 0, 100, sampling.temperature);
  read_number(body, "top_k", 0, kMost, sampling.top_k);
  read_number(body, "top_p", 0, 1, sampling.top_p);
  read_number(body, "seed", 0, 9e15, sampling.seed);
  return request;
}

}  // namespace

bool is_loopback(const std::string& host) {
  in_addr address{};
  // A name may begin with "127." and be anyone's: only addresses count.
  const bool is_address = ::inet_pton(AF_INET, host.c_str(), &address) == 1;
  return host == "localhost" || host == "::1" || (is_address && host.starts_with("127."));
}

struct HttpService::Impl {
  Context& context;
  const Retriever& retriever;
  TextGenerator& generator;
  ServiceOptions options;
  httplib::Server server;
  int port = 0;
  std::atomic<size_t> waiting = 0;
  std::atomic<bool> done = false;

  void rag(const httplib::Request& request, httplib::Response& response) {
    // Counts this request as long as it is here.
    struct Place {
      explicit Place(std::atomic<size_t>& all) : count(all), number(++all) {}
      ~Place() { --count; }
      std::atomic<size_t>& count;
      size_t number;
    } place(waiting);
    if (place.number > options.max_waiting) {
      response.set_header("Retry-After", "5");
      throw HttpError{503, fmt::format("{} drafts are being written already; try again later",
                                       options.max_waiting)};
    }
    if (request.body.size() > options.max_body_bytes) {
      throw HttpError{413, too_long(options.max_body_bytes)};
    }
    const DraftRequest draft = read_request(request.body, options.writing);
    answer(response, 200, to_json(write_draft(retriever, generator, draft.query, draft.options)));
  }

  void health(httplib::Response& response) const {
    answer(response, 200,
           {{"status", "ok"},
            {"version", TWIN_VERSION},
            {"author", options.author_name},
            {"model", generator.name()},
            {"chunks", retriever.store().chunk_count()}});
  }

  void runs(const std::string& name, httplib::Response& response) const {
    const std::optional<std::string> page =
        options.run_page ? options.run_page(name) : std::nullopt;
    if (!page) throw HttpError{404, "there is no such training run; /runs shows what there is"};
    response.set_header("Content-Security-Policy",
                        "default-src 'none'; style-src 'unsafe-inline'; img-src data:");
    response.set_header("Cache-Control", "no-store");
    response.set_content(*page, "text/html; charset=utf-8");
  }

  bool is_of_collections(const httplib::Request& request) const {
    return options.collections != nullptr && QdrantApi::owns(request.path);
  }

  void qdrant(const httplib::Request& request, httplib::Response& response) const {
    const QdrantAnswer result = QdrantApi(context, *options.collections)
                                    .handle({request.method, request.path, request.body});
    response.status = result.status;
    response.set_content(result.body, "application/json");
  }

  // A key as the twin's own clients send it, or as Qdrant's do.
  bool has_key(const httplib::Request& request) const {
    return same_secret(request.get_header_value("Authorization"), "Bearer " + options.api_key) ||
           (is_of_collections(request) &&
            same_secret(request.get_header_value("api-key"), options.api_key));
  }

  // Whether the request may go on to its route.
  bool admit(const httplib::Request& request, httplib::Response& response) const {
    if (is_loopback(options.host) && !is_loopback(host_name(request.get_header_value("Host")))) {
      refuse(response, 403, "this service answers to localhost alone");
      return false;
    }
    const bool of_collections = is_of_collections(request);
    const bool guarded = request.path == "/rag" || is_of_runs(request.path) || of_collections;
    if (!options.api_key.empty() && guarded && !has_key(request)) {
      response.set_header("WWW-Authenticate", "Bearer");
      (of_collections ? refuse_as_qdrant : refuse)(response, 401,
                                                   "send the API key: 'Authorization: Bearer KEY'");
      return false;
    }
    // A page of any site may send a form or plain text here, but not JSON.
    if (of_collections && request.method == "POST" &&
        !request.get_header_value("Content-Type").starts_with("application/json")) {
      refuse_as_qdrant(response, 415, "say 'Content-Type: application/json'");
      return false;
    }
    return true;
  }

  void add_asset(const char* path, const char* name, const char* type) {
    server.Get(path, [name, type](const httplib::Request&, httplib::Response& response) {
      const std::string_view bytes = web_asset(name);
      response.set_content(bytes.data(), bytes.size(), type);
    });
  }

  void add_qdrant_routes() {
    const auto handler = [this](const auto& request, auto& response) { qdrant(request, response); };
    constexpr const char* kPaths = "/(aliases|collections)(/.*)?";
    server.Get(kPaths, handler);
    server.Post(kPaths, handler);
    server.Put(kPaths, handler);
    server.Delete(kPaths, handler);
    for (const char* path : {"/healthz", "/livez", "/readyz"}) {
      server.Get(path, [](const auto&, auto& response) {
        response.set_content("healthz check passed", "text/plain");
      });
    }
  }

  void add_routes() {
    // The library's default lets a second service listen on the same port unnoticed.
    server.set_socket_options([](socket_t socket) {
      const int yes = 1;
      ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    // Those who wait for a draft never keep the others waiting.
    server.new_task_queue = [this] { return new httplib::ThreadPool(options.max_waiting + 8); };
    server.set_payload_max_length(options.collections == nullptr
                                      ? options.max_body_bytes
                                      : std::max(kMaxPointsBytes, options.max_body_bytes));
    server.set_read_timeout(kReadTimeoutSeconds);
    server.set_keep_alive_max_count(100);
    server.set_tcp_nodelay(true);  // or head and body of an answer wait for one another, 40 ms
    server.set_default_headers({{"X-Content-Type-Options", "nosniff"}});
    server.set_pre_routing_handler([this](const auto& request, auto& response) {
      return admit(request, response) ? httplib::Server::HandlerResponse::Unhandled
                                      : httplib::Server::HandlerResponse::Handled;
    });
    server.set_exception_handler(
        [this](const auto& request, auto& response, const std::exception_ptr& thrown) {
          try {
            std::rethrow_exception(thrown);
          } catch (const HttpError& error) {
            refuse(response, error.status, error.message);
          } catch (const Error& error) {
            refuse(response, status_of(error.code()), error.what());
          } catch (const std::exception& error) {
            context.log.error(fmt::format("{} {}: {}", request.method, request.path, error.what()));
            refuse(response, 500, "internal error; the log of the service says more");
          }
        });
    // What the library itself turns away: no route, a body that is too long, a broken request.
    server.set_error_handler([this](const auto& request, auto& response) {
      if (!response.body.empty()) return;
      const int status = response.status;
      if (status == 413) {
        refuse(response, 413, too_long(options.max_body_bytes));
      } else if (status == 404) {
        const bool known = request.path == "/rag" || request.path == "/health" ||
                           request.path == "/docs" || request.path == "/openapi.json" ||
                           (is_of_runs(request.path) && request.method != "GET");
        if (known) response.set_header("Allow", request.path == "/rag" ? "POST" : "GET");
        refuse(response, known ? 405 : 404,
               known ? fmt::format("{} does not take {}", request.path, request.method)
                     : "there is nothing here; /docs shows what there is");
      } else {
        refuse(response, status, "the request is not valid HTTP");
      }
    });
    server.Post("/rag", [this](const auto& request, auto& response) { rag(request, response); });
    server.Get("/health", [this](const auto&, auto& response) { health(response); });
    server.Get("/runs", [this](const auto&, auto& response) { runs("", response); });
    server.Get("/runs/([^/]+)", [this](const auto& request, auto& response) {
      runs(request.matches[1].str(), response);
    });
    server.Get("/", [this](const auto& request, auto& response) {
      // Qdrant's clients ask here for the version; a browser wants a page.
      const bool page = request.get_header_value("Accept").find("text/html") != std::string::npos;
      if (page || options.collections == nullptr) return response.set_redirect("/docs");
      response.set_content(QdrantApi::version(), "application/json");
    });
    if (options.collections != nullptr) add_qdrant_routes();
    add_asset("/openapi.json", "openapi.json", "application/json");
    add_asset("/docs", "docs.html", "text/html; charset=utf-8");
    add_asset("/docs/swagger-ui.css", "swagger-ui.css", "text/css");
    add_asset("/docs/swagger-ui-bundle.js", "swagger-ui-bundle.js", "text/javascript");
    server.set_logger([this](const auto& request, const auto& response) {
      context.log.debug(fmt::format("{} {} {}", request.method, request.path, response.status));
    });
  }
};

HttpService::HttpService(Context& context, const Retriever& retriever, TextGenerator& generator,
                         const ServiceOptions& options)
    : impl_(new Impl{context, retriever, generator, options, {}}) {
  if (!is_loopback(options.host) && options.api_key.empty()) {
    throw Error(
        ErrorCode::kUsage,
        fmt::format("{} can be reached from other machines: set the environment variable "
                    "TWIN_API_KEY to a secret that clients must send, or serve on 127.0.0.1",
                    options.host));
  }
  impl_->add_routes();
  impl_->port = options.port == 0 ? impl_->server.bind_to_any_port(options.host)
                : impl_->server.bind_to_port(options.host, options.port) ? options.port
                                                                         : -1;
  if (impl_->port < 0) {
    throw Error(ErrorCode::kFailed,
                fmt::format("cannot listen on {}:{}: it is taken or not allowed; --port names "
                            "another",
                            options.host, options.port));
  }
}

HttpService::~HttpService() { stop(); }

int HttpService::port() const { return impl_->port; }

void HttpService::run() {
  Impl& s = *impl_;
  std::thread watch([&s] {
    // A signal handler may only set a flag; this is who sees it.
    while (!s.done) {
      if (s.context.interrupted) s.server.stop();
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  });
  s.server.listen_after_bind();
  s.done = true;
  watch.join();
}

void HttpService::stop() { impl_->server.stop(); }

}  // namespace twin
