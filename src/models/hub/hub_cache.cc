#include "models/hub/hub_cache.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "models/hub/hub_files.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "models--";
constexpr size_t kCommitDigits = 40;
constexpr uint64_t kMaxRefBytes = 256;

std::string folder_name(const HubName& name) {
  return fmt::format("{}{}--{}", kPrefix, name.owner, name.name);
}

void make_folders(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    throw Error(ErrorCode::kFailed,
                fmt::format("{}: cannot create the folder: {}", folder.string(), error.message()));
  }
}

// "models--OWNER--NAME" as the name it came from.
std::optional<HubName> name_of_folder(std::string_view folder) {
  if (!folder.starts_with(kPrefix)) return std::nullopt;
  folder.remove_prefix(kPrefix.size());
  const size_t between = folder.find("--");
  if (between == std::string_view::npos) return std::nullopt;
  return parse_hub_name(
      fmt::format("{}/{}", folder.substr(0, between), folder.substr(between + 2)));
}

// The commits whose snapshots are there, in order.
std::vector<std::string> commits_of(const HubCache& cache) {
  std::vector<std::string> commits;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(cache.snapshot(""), ignored)) {
    const std::string commit = entry.path().filename().string();
    if (is_hex(commit, kCommitDigits)) commits.push_back(commit);
  }
  std::sort(commits.begin(), commits.end());
  return commits;
}

}  // namespace

HubCache::HubCache(fs::path cache, const HubName& name)
    : cache_(std::move(cache)), folder_(cache_ / folder_name(name)) {}

fs::path HubCache::blob(const std::string& hash) const { return folder_ / "blobs" / hash; }

fs::path HubCache::lock(const std::string& hash) const {
  return cache_ / ".locks" / folder_.filename() / (hash + ".lock");
}

fs::path HubCache::snapshot(const std::string& commit) const {
  return folder_ / "snapshots" / commit;
}

std::optional<std::string> HubCache::commit_of(const std::string& revision) const {
  if (is_hex(revision, kCommitDigits)) return revision;
  TWIN_CHECK(is_safe_path(revision), revision);
  const fs::path ref = folder_ / "refs" / revision;
  std::error_code ignored;
  if (!fs::is_regular_file(ref, ignored)) return std::nullopt;
  std::string commit = read_file(ref, kMaxRefBytes);
  if (!is_hex(commit, kCommitDigits)) return std::nullopt;
  return commit;
}

std::vector<std::string> HubCache::files(const std::string& commit) const {
  std::vector<std::string> paths;
  const fs::path root = snapshot(commit);
  std::error_code error;
  for (auto it = fs::recursive_directory_iterator(root, error);
       !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    // A link whose blob was removed is no file.
    std::error_code ignored;
    if (fs::is_regular_file(it->path(), ignored)) {
      paths.push_back(it->path().lexically_relative(root).string());
    }
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

void HubCache::link(const std::string& commit, const std::string& path,
                    const std::string& hash) const {
  TWIN_CHECK(is_safe_path(path), path);
  const fs::path from = snapshot(commit) / path;
  const fs::path target = blob(hash).lexically_relative(from.parent_path());
  make_folders(from.parent_path());
  std::error_code error;
  if (fs::read_symlink(from, error) == target) return;
  // Another pull may link the same file at this moment: a rename always leaves one whole link.
  const fs::path neighbour = neighbour_of(from);
  error.clear();
  fs::create_symlink(target, neighbour, error);
  if (!error) fs::rename(neighbour, from, error);
  if (error) {
    throw Error(ErrorCode::kFailed,
                fmt::format("{}: cannot link to its blob: {}", from.string(), error.message()));
  }
}

void HubCache::set_commit(const std::string& revision, const std::string& commit) const {
  if (revision == commit || commit_of(revision) == commit) return;
  write_file_atomic(folder_ / "refs" / revision, commit);
}

std::vector<CachedModel> cached_models(const fs::path& cache) {
  std::vector<CachedModel> models;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(cache, ignored)) {
    const auto name = name_of_folder(entry.path().filename().string());
    if (!name) continue;
    const HubCache one(cache, *name);
    for (const std::string& commit : commits_of(one)) {
      const fs::path root = one.snapshot(commit);
      const std::vector<std::string> files = one.files(commit);
      const auto add = [&](const fs::path& path) {
        models.push_back({name->repository(), commit, path});
      };
      for (const std::string& file : files) {
        const bool first_part =
            file.find("-of-") == std::string::npos || file.find("-00001-of-") != std::string::npos;
        if (file == "config.json") add(root);
        if (file.ends_with(".gguf") && first_part) add(root / file);
      }
    }
  }
  std::sort(models.begin(), models.end(), [](const CachedModel& a, const CachedModel& b) {
    return std::tie(a.repository, a.path) < std::tie(b.repository, b.path);
  });
  return models;
}

std::optional<fs::path> find_cached_model(const fs::path& cache, const HubName& name) {
  const HubCache one(cache, name);
  const auto commit = one.commit_of(name.revision);
  if (!commit) return std::nullopt;
  const std::vector<std::string> files = one.files(*commit);
  if (files.empty()) return std::nullopt;
  const std::vector<std::string> picked = pick_files(files, name.file, name.repository());
  const std::string entry = entry_file(picked);
  return entry.empty() ? one.snapshot(*commit) : one.snapshot(*commit) / entry;
}

}  // namespace twin
