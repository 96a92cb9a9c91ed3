#include "collection/git/git_handle.h"

#include <fmt/format.h>

#include "base/error.h"

namespace twin {
namespace {

// Of one pack from outside: what indexing it may cost.
constexpr size_t kMaxPackObjects = 20'000'000;
constexpr size_t kMaxPackObjectBytes = size_t{512} << 20;

bool configure() {
  if (git_libgit2_init() < 0) return false;
  for (const git_config_level_t level : {GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM,
                                         GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL}) {
    git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
  }
  // Objects are read and nothing is run, so a folder may belong to somebody else.
  git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
  git_libgit2_opts(GIT_OPT_SET_PACK_MAX_OBJECTS, kMaxPackObjects);
  git_libgit2_opts(GIT_OPT_SET_PACK_MAX_OBJECT_SIZE, kMaxPackObjectBytes);
  return true;
}

}  // namespace

void start_git() {
  static const bool started = configure();
  TWIN_CHECK(started, "libgit2 does not start");
}

void check_git(int code, std::string_view where) {
  if (code >= 0) return;
  const git_error* error = git_error_last();
  throw Error(ErrorCode::kBadInput,
              fmt::format("{}: {}", where, error == nullptr ? "unreadable" : error->message));
}

std::string hex(const git_oid& id) {
  char text[GIT_OID_HEXSZ + 1];
  return git_oid_tostr(text, sizeof text, &id);
}

GitCommit commit_of(git_repository* repository, const git_oid& id, std::string_view where) {
  git_commit* commit = nullptr;
  check_git(git_commit_lookup(&commit, repository, &id), where);
  return GitCommit(commit);
}

bool read_blob(git_repository* repository, const git_oid& id, uint64_t limit, std::string& bytes,
               uint64_t& size) {
  git_odb* odb = nullptr;
  check_git(git_repository_odb(&odb, repository), hex(id));
  const GitOdb database(odb);
  size_t length = 0;
  git_object_t type = GIT_OBJECT_INVALID;
  check_git(git_odb_read_header(&length, &type, odb, &id), hex(id));
  size = length;
  if (length > limit) return false;
  git_blob* found = nullptr;
  check_git(git_blob_lookup(&found, repository, &id), hex(id));
  const GitBlob blob(found);
  bytes.assign(static_cast<const char*>(git_blob_rawcontent(found)),
               static_cast<size_t>(git_blob_rawsize(found)));
  return true;
}

}  // namespace twin
