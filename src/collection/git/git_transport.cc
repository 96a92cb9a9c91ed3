#include "collection/git/git_transport.h"

#include <fmt/format.h>

#include <cstdio>

#include "base/error.h"
#include "base/files.h"
#include "base/progress.h"

namespace twin {
namespace {

constexpr std::string_view kRefs = "/info/refs?service=git-upload-pack";

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, FileCloser>;

// A file without a name: gone when closed, however the process ends.
File open_spool(const std::filesystem::path& folder) {
  const std::filesystem::path path = neighbour_of(folder / "spool");
  File file(std::fopen(path.c_str(), "w+b"));
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
  if (!file) throw Error(ErrorCode::kFailed, fmt::format("{}: cannot be written", path.string()));
  return file;
}

void check_status(const HttpResponse& response, const std::string& url) {
  if (response.status == 200) return;
  std::string why = fmt::format("HTTP {}", response.status);
  if (response.status == 401 || response.status == 403 || response.status == 404) {
    why += ": there is no such repository, or it is private (GITHUB_TOKEN opens those of GitHub)";
  }
  throw Error(ErrorCode::kRemote, fmt::format("{}: {}", url, why));
}

}  // namespace

struct GitTransport::Subtransport : git_smart_subtransport {
  GitTransport* owner;
};

// One request and its answer: written to, then read from.
struct GitTransport::Stream : git_smart_subtransport_stream {
  GitTransport* owner;
  bool answered = false;
  std::string request;
  File answer;
};

GitTransport::GitTransport(HttpClient& client, HttpHeaders headers, std::filesystem::path spool,
                           GitTransferLimits limits)
    : client_(client),
      headers_(std::move(headers)),
      spool_(std::move(spool)),
      limits_(std::move(limits)) {
  definition_.rpc = 1;
  definition_.param = this;
  definition_.callback = [](git_smart_subtransport** out, git_transport*, void* owner) {
    auto sub = std::make_unique<Subtransport>();  // libgit2 takes it and calls free
    sub->owner = static_cast<GitTransport*>(owner);
    sub->close = [](git_smart_subtransport*) { return 0; };
    sub->free = [](git_smart_subtransport* self) {
      std::unique_ptr<Subtransport>(static_cast<Subtransport*>(self)).reset();
    };
    sub->action = [](git_smart_subtransport_stream** stream_out, git_smart_subtransport* self,
                     const char* url, git_smart_service_t action) {
      GitTransport& transport = *static_cast<Subtransport*>(self)->owner;
      try {
        auto stream = std::make_unique<Stream>();
        stream->subtransport = self;
        stream->owner = &transport;
        stream->free = [](git_smart_subtransport_stream* s) {
          std::unique_ptr<Stream>(static_cast<Stream*>(s)).reset();
        };
        stream->write = [](git_smart_subtransport_stream* s, const char* bytes, size_t size) {
          static_cast<Stream*>(s)->request.append(bytes, size);
          return 0;
        };
        stream->read = [](git_smart_subtransport_stream* s, char* bytes, size_t size,
                          size_t* read) {
          auto& self_stream = *static_cast<Stream*>(s);
          try {
            if (!self_stream.answered) self_stream.owner->post_request(self_stream);
            *read = std::fread(bytes, 1, size, self_stream.answer.get());
            return 0;
          } catch (...) {
            self_stream.owner->failure_ = std::current_exception();
            return -1;
          }
        };
        if (action == GIT_SERVICE_UPLOADPACK_LS) {
          transport.get_refs(url, *stream);
        } else if (action != GIT_SERVICE_UPLOADPACK) {
          return -1;  // nothing is ever pushed
        }
        *stream_out = stream.release();
        return 0;
      } catch (...) {
        transport.failure_ = std::current_exception();
        return -1;
      }
    };
    *out = sub.release();
    return 0;
  };
}

void GitTransport::install(git_remote_callbacks& callbacks) {
  callbacks.transport = [](git_transport** out, git_remote* remote, void* definition) {
    return git_transport_smart(out, remote, definition);
  };
  callbacks.transfer_progress = [](const git_indexer_progress* stats, void* definition) {
    auto& self = *static_cast<GitTransport*>(
        static_cast<git_smart_subtransport_definition*>(definition)->param);
    try {
      if (self.limits_.on_objects) {
        self.limits_.on_objects(stats->indexed_objects, stats->total_objects);
      }
      self.check_time();
      return 0;
    } catch (...) {
      self.failure_ = std::current_exception();
      return -1;
    }
  };
  callbacks.payload = &definition_;
}

void GitTransport::rethrow() {
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void GitTransport::get_refs(const std::string& url, Stream& stream) {
  HttpRequest request;
  request.url = url + std::string(kRefs);
  request.headers = headers_;
  const HttpResponse response = send_following(client_, request);
  check_status(response, url);
  // A repository that moved answers from its new place; the next request goes there too.
  if (!response.url.ends_with(kRefs) ||
      response.header("content-type") != "application/x-git-upload-pack-advertisement") {
    throw Error(ErrorCode::kRemote, fmt::format("{}: not a Git repository over HTTP", url));
  }
  base_ = response.url.substr(0, response.url.size() - kRefs.size());
  if (url_origin(base_) != url_origin(url)) {
    std::erase_if(headers_, [](const auto& header) { return header.first == "Authorization"; });
  }
  count(response.body.size());
  stream.answer = open_spool(spool_);
  std::fwrite(response.body.data(), 1, response.body.size(), stream.answer.get());
  std::rewind(stream.answer.get());
  stream.answered = true;
}

void GitTransport::post_request(Stream& stream) {
  stream.answered = true;
  stream.answer = open_spool(spool_);
  HttpRequest request;
  request.method = "POST";
  request.url = base_ + "/git-upload-pack";
  request.headers = headers_;
  request.headers.emplace_back("Content-Type", "application/x-git-upload-pack-request");
  request.headers.emplace_back("Accept", "application/x-git-upload-pack-result");
  request.headers.emplace_back("Expect", "");
  request.body = std::move(stream.request);
  const HttpResponse response =
      client_.send(request, [&](const HttpResponse&, std::string_view piece) {
        count(piece.size());
        if (std::fwrite(piece.data(), 1, piece.size(), stream.answer.get()) != piece.size()) {
          throw Error(ErrorCode::kDoesNotFit,
                      fmt::format("{}: cannot be written; is the disk full?", spool_.string()));
        }
      });
  check_status(response, base_);
  std::rewind(stream.answer.get());
}

void GitTransport::count(size_t bytes) {
  received_ += bytes;
  if (limits_.on_bytes) limits_.on_bytes(received_);
  if (received_ > limits_.max_bytes) {
    throw Error(ErrorCode::kRemote,
                fmt::format("{}: more than the limit of {} (collect.git.max_download_bytes)", base_,
                            format_bytes(static_cast<double>(limits_.max_bytes))));
  }
  check_time();
}

void GitTransport::check_time() const {
  if (std::chrono::steady_clock::now() > limits_.deadline) {
    throw Error(
        ErrorCode::kRemote,
        fmt::format("{}: not fetched in the time there is (collect.git.max_seconds)", base_));
  }
}

}  // namespace twin
