#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/backoff.h"
#include "base/context.h"
#include "base/http_client.h"
#include "base/json.h"

namespace twin {

// A model that somebody else runs.
struct RemoteOptions {
  std::string url;    // of the API: "https://api.openai.com/v1"
  std::string model;  // as the service names it
  // The environment variable that holds the key, sent as a bearer token; empty: none is sent.
  std::string api_key_variable = {};
  bool api_key_is_optional = false;  // no error where that variable is not set: no key is sent
  std::string query_prefix = {}, document_prefix = {};  // of an embedder
  size_t dimensions = 0;                                // of an embedder; required there
  bool request_dimensions = false;  // ask the service for that many (text-embedding-3 can)
  size_t max_batch_texts = 64;      // in one request
  size_t max_batch_bytes = size_t{1} << 20;
  size_t max_text_bytes = size_t{256} << 10;  // a longer one is an error before it is sent
  std::chrono::seconds timeout{120};          // without a byte of the answer
  BackoffOptions backoff = {};
};

// The value of an environment variable, null where it is not set: std::getenv in the program.
using EnvironmentLookup = std::function<const char*(const char*)>;

// Posts JSON to one service. Thread-safe: one request at a time.
class RemoteService {
 public:
  // `http` outlives it. Errors: kUsage where url or model is
  // missing, or the key's variable is empty or cannot stand in a header.
  RemoteService(HttpClient& http, RemoteOptions options, const EnvironmentLookup& lookup);

  const RemoteOptions& options() const { return options_; }

  // The answer to `body` at URL/path, no longer than max_bytes. Asked again, after a wait, while
  // the connection fails or the service is busy (408, 425, 429, 5xx). Errors: kRemote naming the
  // service and what it answered, never the key; kInterrupted.
  Json post(Context& context, const std::string& path, const Json& body, size_t max_bytes);

  // Throws Error(kRemote): the service's answer is not what it should be.
  [[noreturn]] void refuse(const std::string& what) const;

 private:
  HttpClient& http_;
  RemoteOptions options_;
  std::string api_key_;
  std::mutex mutex_;
};

// Ends of consecutive batches of texts, within the options' limits. `what`: "text", "passage".
// Errors: kBadInput naming the text that is over max_text_bytes.
std::vector<size_t> remote_batches(const RemoteOptions& options,
                                   const std::vector<std::string>& texts, const char* what);

}  // namespace twin
