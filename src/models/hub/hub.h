#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/backoff.h"
#include "base/context.h"
#include "base/http_client.h"
#include "models/hub/hub_cache.h"
#include "models/hub/hub_name.h"
#include "models/hub/hub_settings.h"

namespace twin {

// A file of a repository as the hub lists it.
struct HubFile {
  std::string path;
  uint64_t size = 0;
  std::string hash;  // SHA-256 of the contents, or Git's SHA-1 of the blob; names it in the cache
  bool sha256 = false;
};

struct HubRepository {
  std::string commit;
  std::vector<HubFile> files;
};

struct PulledModel {
  std::filesystem::path path;  // the snapshot's folder, or the GGUF file
  std::string commit;
  std::vector<std::string> files;  // paths in the repository
  uint64_t bytes = 0;              // of all files
  uint64_t downloaded_bytes = 0;   // of them now; the rest was in the cache
};

// The Hugging Face hub, or a server that answers as it does. One call at a time.
//
// A killed pull goes on where it was: contents grow in blobs/HASH.incomplete, are named blobs/HASH
// once size and hash are right, and a snapshot is linked, then its ref written, once all its
// contents are there. Two pulls at once wait for one another, blob by blob.
// Source: https://huggingface.co/docs/hub/api and huggingface_hub.
class Hub {
 public:
  // All outlive the hub.
  Hub(Context& context, HttpClient& http, const HubSettings& settings, BackoffOptions backoff = {})
      : context_(context), http_(http), settings_(settings), backoff_(backoff) {}

  // The files of name.revision. Errors: kRemote saying what to do where the repository is not
  // there, private or gated, or where the answer is not one; kUsage with HF_HUB_OFFLINE.
  HubRepository list(const HubName& name);

  // Fetches what pick_files says into the cache. Errors: also those of pick_files; kDoesNotFit,
  // with the numbers, before anything is fetched; kRemote where contents are not what the list
  // promised. With HF_HUB_OFFLINE: what is in the cache, kUsage where it is not.
  PulledModel pull(const HubName& name);

 private:
  HttpHeaders headers() const;
  // What `make` asks for, redirects followed; asked again, after a wait, while the connection fails
  // or the hub is busy, up to the backoff's attempts without a byte more having `arrived`.
  HttpResponse send(const HubName& name, const std::function<HttpRequest()>& make,
                    const HttpSink& sink = {}, const std::function<uint64_t()>& arrived = {});
  // The contents of one file into the cache. `on_bytes` is told how many have just come.
  void fetch_blob(const HubName& name, const std::string& commit, const HubFile& file,
                  const HubCache& cache, const std::function<void(uint64_t)>& on_bytes);
  PulledModel cached(const HubName& name, const HubCache& cache) const;

  Context& context_;
  HttpClient& http_;
  const HubSettings& settings_;
  BackoffOptions backoff_;
};

}  // namespace twin
