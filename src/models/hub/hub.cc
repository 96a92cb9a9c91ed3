#include "models/hub/hub.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json.h"
#include "base/machine.h"
#include "base/progress.h"
#include "models/hub/hub_answers.h"
#include "models/hub/hub_files.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

constexpr size_t kCommitDigits = 40;
constexpr size_t kSha256Digits = 64;

[[noreturn]] void fail_answer(const std::string& url, const std::string& what) {
  throw Error(ErrorCode::kRemote, fmt::format("{}: not a hub's answer: {}", url, what));
}

// One of the list's "siblings", its size and hash with it (blobs=true).
HubFile read_sibling(const Json& sibling, const std::string& url) {
  const auto text = [](const Json& object, const char* key) {
    const auto it = object.find(key);
    return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
  };
  const auto size = [&](const Json& object) {
    const auto it = object.find("size");
    if (it == object.end() || !it->is_number_unsigned()) {
      fail_answer(url, "a file without a size");
    }
    return it->get<uint64_t>();
  };
  if (!sibling.is_object()) fail_answer(url, "a file that is no object");
  HubFile file;
  file.path = text(sibling, "rfilename");
  if (!is_safe_path(file.path)) {
    fail_answer(url,
                fmt::format("the file name {} could leave its folder", dump_json(Json(file.path))));
  }
  const auto lfs = sibling.find("lfs");
  file.sha256 = lfs != sibling.end() && lfs->is_object();
  file.size = size(file.sha256 ? *lfs : sibling);
  file.hash = file.sha256 ? text(*lfs, "sha256") : text(sibling, "blobId");
  if (!is_hex(file.hash, file.sha256 ? kSha256Digits : kCommitDigits)) {
    fail_answer(url, fmt::format("{} has no hash", file.path));
  }
  return file;
}

std::vector<HubFile> pick(const HubRepository& repository, const HubName& name) {
  std::vector<std::string> paths;
  for (const HubFile& file : repository.files) paths.push_back(file.path);
  const std::vector<std::string> picked = pick_files(paths, name.file, name.repository());
  std::vector<HubFile> files;
  for (const HubFile& file : repository.files) {
    if (std::find(picked.begin(), picked.end(), file.path) != picked.end()) files.push_back(file);
  }
  return files;
}

// What is still to be fetched of a blob.
uint64_t missing_bytes(const HubCache& cache, const HubFile& file) {
  std::error_code error;
  if (fs::exists(cache.blob(file.hash), error)) return 0;
  const uint64_t there = fs::file_size(cache.blob(file.hash).string() + ".incomplete", error);
  return error ? file.size : file.size - std::min(there, file.size);
}

void check_disk(const HubName& name, const fs::path& cache, uint64_t needed) {
  const uint64_t free = free_disk_bytes(cache);
  if (free == 0 || needed <= free) return;
  throw Error(
      ErrorCode::kDoesNotFit,
      fmt::format("{}: {} ({} bytes) are still to be fetched, {} ({} bytes) are free on the "
                  "disk of {}; HF_HOME or HF_HUB_CACHE names another folder",
                  name.shown(), format_bytes(static_cast<double>(needed)), needed,
                  format_bytes(static_cast<double>(free)), free, cache.string()));
}

}  // namespace

HttpHeaders Hub::headers() const {
  if (settings_.token.empty()) return {};
  return {{"Authorization", "Bearer " + settings_.token}};
}

HttpResponse Hub::send(const HubName& name, const std::function<HttpRequest()>& make,
                       const HttpSink& sink, const std::function<uint64_t()>& arrived) {
  Backoff backoff(context_, backoff_);
  uint64_t before = arrived ? arrived() : 0;
  while (true) {
    std::string problem;
    std::chrono::milliseconds server_says{};
    try {
      HttpResponse response = send_following(http_, make(), sink);
      if (!may_pass(response.status)) return response;
      problem = fmt::format("{}: HTTP {}", response.url, response.status);
      server_says = retry_after(response);
    } catch (const ConnectionError& error) {
      problem = error.what();
    }
    const uint64_t now = arrived ? arrived() : 0;
    if (now > before) backoff.reset();
    before = now;
    context_.log.debug(fmt::format("{}; trying again", problem));
    if (!backoff.wait(server_says)) {
      throw Error(
          ErrorCode::kRemote,
          fmt::format("{}: {}; given up after {} attempts; the same command goes on from here",
                      name.shown(), problem, backoff_.attempts));
    }
  }
}

HubRepository Hub::list(const HubName& name) {
  if (settings_.offline) {
    throw Error(ErrorCode::kUsage, fmt::format("{}: HF_HUB_OFFLINE is set", name.shown()));
  }
  HttpRequest request;
  request.url = fmt::format("{}/api/models/{}/revision/{}?blobs=true", settings_.endpoint,
                            name.repository(), url_encode(name.revision));
  request.headers = headers();
  const HttpResponse response = send(name, [&] { return request; });
  if (response.status != 200) throw_refusal(response, name, settings_);
  const Json document = parse_json(response.body, request.url);
  const auto member = [&](const char* key) -> const Json& {
    if (!document.is_object() || !document.contains(key)) {
      fail_answer(request.url, fmt::format("no \"{}\"", key));
    }
    return document.at(key);
  };
  HubRepository repository;
  if (!member("sha").is_string()) fail_answer(request.url, "\"sha\" is no text");
  repository.commit = member("sha").get<std::string>();
  if (!is_hex(repository.commit, kCommitDigits)) fail_answer(request.url, "\"sha\" is no commit");
  if (!member("siblings").is_array()) fail_answer(request.url, "\"siblings\" is no list");
  for (const Json& sibling : member("siblings")) {
    repository.files.push_back(read_sibling(sibling, request.url));
  }
  return repository;
}

PulledModel Hub::pull(const HubName& name) {
  const HubCache cache(settings_.cache, name);
  if (settings_.offline) return cached(name, cache);
  const HubRepository repository = list(name);
  const std::vector<HubFile> files = pick(repository, name);
  PulledModel pulled;
  pulled.commit = repository.commit;
  std::map<std::string, uint64_t> missing;  // by hash: two paths may have the same contents
  for (const HubFile& file : files) {
    pulled.files.push_back(file.path);
    pulled.bytes += file.size;
    missing[file.hash] = missing_bytes(cache, file);
  }
  uint64_t needed = 0;
  for (const auto& [hash, bytes] : missing) needed += bytes;
  check_disk(name, settings_.cache, needed);

  const auto bar = context_.progress.start(fmt::format("pull {} (kB)", name.shown()),
                                           static_cast<size_t>(pulled.bytes / 1000));
  uint64_t done = pulled.bytes - std::min(pulled.bytes, needed);
  for (const HubFile& file : files) {
    fetch_blob(name, repository.commit, file, cache, [&](uint64_t bytes) {
      pulled.downloaded_bytes += bytes;
      done += bytes;
      bar->update(static_cast<size_t>(done / 1000), file.path);
    });
  }
  bar->finish();

  // The file that makes a snapshot a model comes last, the ref after it.
  const std::string entry = entry_file(pulled.files);
  const auto link = [&](bool is_entry) {
    for (const HubFile& file : files) {
      const bool begins = file.path == (entry.empty() ? "config.json" : entry);
      if (begins == is_entry) cache.link(repository.commit, file.path, file.hash);
    }
  };
  link(false);
  link(true);
  cache.set_commit(name.revision, repository.commit);
  pulled.path = cache.snapshot(repository.commit);
  if (!entry.empty()) pulled.path /= entry;
  return pulled;
}

PulledModel Hub::cached(const HubName& name, const HubCache& cache) const {
  const auto path = find_cached_model(settings_.cache, name);
  if (!path) {
    throw Error(ErrorCode::kUsage,
                fmt::format("{} is not in the cache {}, and HF_HUB_OFFLINE is set", name.shown(),
                            settings_.cache.string()));
  }
  PulledModel pulled;
  pulled.path = *path;
  pulled.commit = cache.commit_of(name.revision).value();
  pulled.files = pick_files(cache.files(pulled.commit), name.file, name.repository());
  for (const std::string& file : pulled.files) {
    pulled.bytes += fs::file_size(cache.snapshot(pulled.commit) / file);
  }
  return pulled;
}

}  // namespace twin
