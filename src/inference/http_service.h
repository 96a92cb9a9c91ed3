#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/context.h"
#include "inference/writer.h"
#include "stores/vectors/vector_collections.h"

namespace twin {

struct ServiceOptions {
  std::string host = "127.0.0.1";
  int port = 8000;  // 0: any free one
  // What a client must send as `Authorization: Bearer ...`; empty: none is asked for, which is
  // refused for any but a loopback host.
  std::string api_key;
  std::string author_name;
  WriteOptions writing;                     // what a request does not say itself
  size_t max_body_bytes = size_t{1} << 20;  // longer bodies: 413
  size_t max_waiting = 16;                  // requests for drafts at a time; more: 503
  // The HTML page of the training run of that name, of all for an empty one; nothing where there is
  // none. Called from several threads. Null: no such pages.
  std::function<std::optional<std::string>(const std::string& name)> run_page = {};
  // What Qdrant's REST is answered from; outlives the service. Null: no such routes.
  VectorCollections* collections = nullptr;
};

// The twin over HTTP (docs/http.md): POST /rag, GET /health, /runs, /openapi.json
// and /docs; Qdrant's REST below /collections. Every answer
// but the pages is JSON, errors too: {"error": {"status", "message"}}. A request that is wrong, too
// long or given up by its client costs that request alone.
//
// A loopback service answers only to loopback names in the Host header, so that no web page can
// reach it by pointing its own name at this machine (DNS rebinding).
class HttpService {
 public:
  // All outlive the service. Errors: kUsage for a host that is not loopback without an api_key;
  // kFailed where the port is taken.
  HttpService(Context& context, const Retriever& retriever, TextGenerator& generator,
              const ServiceOptions& options);
  ~HttpService();

  int port() const;
  // Serves until stop(), which lets requests in work finish, or until the context is interrupted,
  // which answers drafts in work with 503.
  void run();
  void stop();  // from any thread

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// "localhost", an address 127.x.x.x, "::1".
bool is_loopback(const std::string& host);

}  // namespace twin
