#pragma once

#include <git2/sys/transport.h>

#include <chrono>
#include <exception>
#include <filesystem>
#include <functional>
#include <string>

#include "base/http_client.h"
#include "collection/git/git_handle.h"

namespace twin {

// What a fetch may cost and who is told of it.
struct GitTransferLimits {
  uint64_t max_bytes = uint64_t{2} << 30;
  std::chrono::steady_clock::time_point deadline;
  std::function<void(uint64_t bytes)> on_bytes;               // received so far; may throw
  std::function<void(size_t done, size_t total)> on_objects;  // indexed so far; may throw
};

// Git's smart protocol over HTTP through our own client, so that addresses, proxies, certificates
// and time limits are one policy with the rest of collection. Answers are spooled to a file in
// `spool` that is unlinked at once. Source: gitprotocol-http(5).
// The client and the transport outlive the fetch. Not thread-safe.
class GitTransport {
 public:
  GitTransport(HttpClient& client, HttpHeaders headers, std::filesystem::path spool,
               GitTransferLimits limits);

  // Makes `callbacks` fetch through this transport; takes their payload.
  void install(git_remote_callbacks& callbacks);
  // Rethrows what went wrong in it: libgit2 knows a code only.
  void rethrow();

 private:
  struct Subtransport;
  struct Stream;

  void get_refs(const std::string& url, Stream& stream);
  void post_request(Stream& stream);
  void count(size_t bytes);
  void check_time() const;

  HttpClient& client_;
  HttpHeaders headers_;
  std::filesystem::path spool_;
  GitTransferLimits limits_;
  std::string base_;  // the repository's URL, after redirects
  uint64_t received_ = 0;
  std::exception_ptr failure_;
  git_smart_subtransport_definition definition_{};
};

}  // namespace twin
