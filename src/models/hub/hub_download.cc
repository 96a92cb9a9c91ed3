#include <fmt/format.h>

#include <charconv>

#include "base/append_file.h"
#include "base/error.h"
#include "base/file_lock.h"
#include "base/hashing.h"
#include "models/hub/hub.h"
#include "models/hub/hub_answers.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

// Where a 206's Content-Range ("bytes 100-199/200") begins.
std::optional<uint64_t> range_begin(std::string_view text) {
  constexpr std::string_view kUnit = "bytes ";
  if (!text.starts_with(kUnit)) return std::nullopt;
  text.remove_prefix(kUnit.size());
  uint64_t begin = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), begin);
  if (error != std::errc() || end == text.data() + text.size() || *end != '-') return std::nullopt;
  return begin;
}

// SHA-256 of large files, Git's blob hash of the others.
std::string hash_of(const AppendFile& part, bool use_sha256) {
  using Algorithm = StreamHasher::Algorithm;
  StreamHasher hasher(use_sha256 ? Algorithm::kSha256 : Algorithm::kSha1);
  if (!use_sha256) {
    hasher.add(fmt::format("blob {}", part.size()));
    hasher.add(std::string_view("\0", 1));
  }
  part.read([&](std::string_view piece) { hasher.add(piece); });
  return hasher.finish();
}

// Puts the pieces of one response behind what is there, or in its place where the server sends the
// whole file although a range was asked for.
class PartSink {
 public:
  PartSink(AppendFile& part, const HubFile& file, const std::function<void(uint64_t)>& on_bytes)
      : part_(part), file_(file), on_bytes_(on_bytes) {}

  void start_response() { checked_ = false; }

  void take(const HttpResponse& head, std::string_view piece) {
    if (!checked_) check(head);
    checked_ = true;
    if (part_.size() + piece.size() > file_.size) {
      throw Error(ErrorCode::kRemote, fmt::format("{}: longer than the {} bytes that were listed",
                                                  head.url, file_.size));
    }
    part_.append(piece);
    on_bytes_(piece.size());
  }

 private:
  void check(const HttpResponse& head) {
    if (head.status != 206) {
      part_.truncate(0);
      return;
    }
    const std::string_view range = head.header("content-range");
    if (range_begin(range) != part_.size()) {
      throw Error(ErrorCode::kRemote,
                  fmt::format("{}: sends the range '{}', asked for bytes from {}", head.url, range,
                              part_.size()));
    }
  }

  AppendFile& part_;
  const HubFile& file_;
  const std::function<void(uint64_t)>& on_bytes_;
  bool checked_ = false;
};

}  // namespace

// No If-Range: the name of the blob is the hash of its contents, which is checked at the end; the
// ETags of the servers that a redirect may lead to are not the hub's.
void Hub::fetch_blob(const HubName& name, const std::string& commit, const HubFile& file,
                     const HubCache& cache, const std::function<void(uint64_t)>& on_bytes) {
  const fs::path blob = cache.blob(file.hash);
  if (fs::exists(blob)) return;
  const FileLock lock(context_, cache.lock(file.hash), [&] {
    context_.log.info(fmt::format("{}: another process is fetching it; waiting", file.path));
  });
  if (fs::exists(blob)) return;  // by whoever held the lock

  AppendFile part(blob.string() + ".incomplete");
  PartSink sink(part, file, on_bytes);
  const auto make = [&] {
    sink.start_response();
    HttpRequest request;
    request.url = fmt::format("{}/{}/resolve/{}/{}", settings_.endpoint, name.repository(), commit,
                              url_encode(file.path, "/"));
    request.headers = headers();
    if (part.size() > 0) {
      request.headers.emplace_back("Range", fmt::format("bytes={}-", part.size()));
    }
    return request;
  };
  const auto take = [&](const HttpResponse& head, std::string_view piece) {
    sink.take(head, piece);
  };
  bool resumed = part.size() > 0;
  if (part.size() > file.size) part.truncate(0);
  while (true) {
    while (part.size() < file.size) {
      const uint64_t before = part.size();
      const HttpResponse response = send(name, make, take, [&] { return part.size(); });
      const bool bad_range = response.status == 416 && before > 0;
      if (bad_range) part.truncate(0);
      if (!bad_range && response.status / 100 != 2) throw_refusal(response, name, settings_);
      if (!bad_range && part.size() == before) {
        throw Error(ErrorCode::kRemote,
                    fmt::format("{}: ends after {} of {} bytes", response.url, before, file.size));
      }
    }
    if (const std::string found = hash_of(part, file.sha256); found != file.hash) {
      part.truncate(0);
      // What an earlier process left may be what is wrong.
      if (std::exchange(resumed, false)) {
        context_.log.warning(
            fmt::format("{}: what was left of it is damaged; fetching it anew", file.path));
        continue;
      }
      throw Error(ErrorCode::kRemote,
                  fmt::format("{}: {} came with the hash {}, {} was listed; try again",
                              name.shown(), file.path, found, file.hash));
    }
    part.finish(blob);
    return;
  }
}

}  // namespace twin
