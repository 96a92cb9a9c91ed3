#include "collection/git/git_fetch.h"

#include <fmt/format.h>

#include <cstring>

#include "base/error.h"
#include "base/file_lock.h"
#include "base/hashing.h"
#include "collection/git/git_transport.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBranches = "refs/heads/";

std::string base64(std::string_view bytes) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    unsigned group = 0;
    for (size_t j = 0; j < 3; ++j) {
      group = group << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    }
    for (size_t j = 0; j < 4; ++j) {
      text += i + j > bytes.size() ? '=' : kDigits[group >> (18 - 6 * j) & 63];
    }
  }
  return text;
}

HttpHeaders headers_for(const GitLink& link, const GitOptions& options) {
  if (link.forge != Forge::kGitHub || options.github_token.empty()) return {};
  return {{"Authorization", "Basic " + base64("x-access-token:" + options.github_token)}};
}

GitRepository open_clone(const fs::path& folder) {
  git_repository* repository = nullptr;
  std::error_code ignored;
  if (fs::exists(folder / "HEAD", ignored)) {
    const int code = git_repository_open_ext(&repository, folder.c_str(),
                                             GIT_REPOSITORY_OPEN_NO_SEARCH, nullptr);
    if (code == 0) return GitRepository(repository);
    fs::remove_all(folder, ignored);  // a clone is a copy: made again
  }
  git_repository_init_options init = GIT_REPOSITORY_INIT_OPTIONS_INIT;
  init.flags =
      GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_MKPATH | GIT_REPOSITORY_INIT_NO_REINIT;
  check_git(git_repository_init_ext(&repository, folder.c_str(), &init), folder.string());
  return GitRepository(repository);
}

// What a fetch that was killed left half-written.
void remove_leftovers(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> leftovers;
  for (const auto& entry : fs::directory_iterator(folder / "objects" / "pack", error)) {
    if (entry.path().filename().string().starts_with("pack_git2_")) {
      leftovers.push_back(entry.path());
    }
  }
  for (const fs::path& path : leftovers) fs::remove(path, error);
}

// Which branch of the connected remote is meant; empty for a repository without one.
std::string choose_branch(git_remote* remote, const std::string& wanted, const std::string& where) {
  if (wanted.empty()) {
    git_buf name = GIT_BUF_INIT;
    const int code = git_remote_default_branch(&name, remote);
    const std::string branch = code == 0 ? std::string(name.ptr, name.size) : std::string();
    git_buf_dispose(&name);
    return branch.starts_with(kBranches) ? branch.substr(kBranches.size()) : std::string();
  }
  // "feature/x/docs" is a branch "feature/x" and a folder, if there is such a branch.
  const git_remote_head** heads = nullptr;
  size_t count = 0;
  check_git(git_remote_ls(&heads, &count, remote), where);
  std::string best;
  for (size_t i = 0; i < count; ++i) {
    std::string_view name = heads[i]->name;
    if (!name.starts_with(kBranches)) continue;
    name.remove_prefix(kBranches.size());
    if ((wanted == name || wanted.starts_with(std::string(name) + '/')) &&
        name.size() > best.size()) {
      best = name;
    }
  }
  if (best.empty()) {
    throw Error(ErrorCode::kRemote, fmt::format("{}: has no branch {}", where, wanted));
  }
  return best;
}

void set_head(OpenRepository& open, const std::string& where) {
  const std::string name = std::string(kBranches) + open.branch;
  check_git(git_reference_name_to_id(&open.head, open.repository.get(), name.c_str()), where);
}

}  // namespace

OpenRepository fetch_repository(Context& context, HttpClient& client, const GitLink& link,
                                const GitOptions& options) {
  start_git();
  const std::string& url = link.clone_url;
  if (!url.starts_with("https://") && !options.http) {
    throw Error(ErrorCode::kUsage, fmt::format("{}: only https:// is fetched", url));
  }
  const fs::path folder = options.cache / sha256(url).substr(0, 32);
  const FileLock lock(context, options.cache / (folder.filename().string() + ".lock"));
  OpenRepository open{open_clone(folder), "", {}, false};
  remove_leftovers(folder);

  const auto bar = context.progress.start(fmt::format("fetch {}", link.full_name()), 0);
  GitTransferLimits limits;
  limits.max_bytes = options.max_download_bytes;
  limits.deadline = std::chrono::steady_clock::now() + options.max_time;
  limits.on_bytes = [&](uint64_t bytes) {
    stop_if_interrupted(context);
    bar->update(0, format_bytes(static_cast<double>(bytes)));
  };
  limits.on_objects = [&](size_t done, size_t total) {
    stop_if_interrupted(context);
    bar->update(done, fmt::format("of {} objects", total));
  };
  GitTransport transport(client, headers_for(link, options), options.cache, limits);
  git_fetch_options fetch = GIT_FETCH_OPTIONS_INIT;
  transport.install(fetch.callbacks);
  fetch.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
  fetch.update_fetchhead = 0;
  const auto check = [&](int code) {
    if (code >= 0) return;
    transport.rethrow();
    const git_error* error = git_error_last();
    throw Error(
        ErrorCode::kRemote,
        fmt::format("{}: {}", url, error == nullptr ? "cannot be fetched" : error->message));
  };
  git_remote* made = nullptr;
  check(git_remote_create_anonymous(&made, open.repository.get(), url.c_str()));
  const GitRemote remote(made);
  check(git_remote_connect(made, GIT_DIRECTION_FETCH, &fetch.callbacks, nullptr, nullptr));
  open.branch = choose_branch(made, link.branch, url);
  if (open.branch.empty()) {
    open.empty = true;
    return open;
  }
  std::string refspec = fmt::format("+{0}{1}:{0}{1}", kBranches, open.branch);
  char* specs[] = {refspec.data()};
  const git_strarray refspecs{specs, 1};
  check(git_remote_fetch(made, &refspecs, &fetch, "fetch"));
  bar->finish();
  set_head(open, url);
  return open;
}

OpenRepository open_repository(const fs::path& folder) {
  start_git();
  git_repository* repository = nullptr;
  check_git(
      git_repository_open_ext(&repository, folder.c_str(), GIT_REPOSITORY_OPEN_NO_SEARCH, nullptr),
      folder.string());
  OpenRepository open{GitRepository(repository), "", {}, false};
  git_reference* found = nullptr;
  const int code = git_repository_head(&found, repository);
  const GitReference head(found);
  if (code == GIT_EUNBORNBRANCH || code == GIT_ENOTFOUND) {
    open.empty = true;
    return open;
  }
  check_git(code, folder.string());
  check_git(git_reference_name_to_id(&open.head, repository, "HEAD"), folder.string());
  open.branch = git_repository_head_detached(repository) == 1 ? hex(open.head)
                                                              : git_reference_shorthand(found);
  return open;
}

}  // namespace twin
