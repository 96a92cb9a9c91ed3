#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/hub/hub_name.h"

namespace twin {

// The hub's cache on disk, laid out as Hugging Face's client does it, so that each finds what the
// other fetched:
//   CACHE/models--OWNER--NAME/blobs/HASH               contents, named by hash
//                            /snapshots/COMMIT/PATH    relative links into blobs/
//                            /refs/REVISION            the commit a branch or tag stood at
//   CACHE/.locks/models--OWNER--NAME/HASH.lock         held (flock) while a blob is fetched
// Source: huggingface_hub, docs "Understand caching" and file_download.py.
class HubCache {
 public:
  HubCache(std::filesystem::path cache, const HubName& name);

  std::filesystem::path blob(const std::string& hash) const;
  std::filesystem::path lock(const std::string& hash) const;
  std::filesystem::path snapshot(const std::string& commit) const;
  const std::filesystem::path& folder() const { return folder_; }

  // The commit that `revision` (a branch, a tag, a commit) was at when last fetched.
  std::optional<std::string> commit_of(const std::string& revision) const;
  // The snapshot's files, as paths below it, in order. Empty where there is no such snapshot.
  std::vector<std::string> files(const std::string& commit) const;

  // Makes snapshots/COMMIT/PATH a link to the blob, replacing what was there. Requires
  // is_safe_path.
  void link(const std::string& commit, const std::string& path, const std::string& hash) const;
  // Records what commit a branch or tag is at; nothing for a commit.
  void set_commit(const std::string& revision, const std::string& commit) const;

 private:
  std::filesystem::path cache_;
  std::filesystem::path folder_;
};

// A model in the cache.
struct CachedModel {
  std::string repository;  // OWNER/NAME
  std::string commit;
  std::filesystem::path path;  // the snapshot's folder, or one GGUF file in it
};

// The models whose files lie in the cache: each snapshot that is a model's folder, and each GGUF
// file by itself. Sorted by repository and path. Without network.
std::vector<CachedModel> cached_models(const std::filesystem::path& cache);

// Where a model that was pulled lies: its folder or its GGUF file. nullopt where it is not in the
// cache. Without network. Errors: as pick_files, over the files that are there.
std::optional<std::filesystem::path> find_cached_model(const std::filesystem::path& cache,
                                                       const HubName& name);

}  // namespace twin
