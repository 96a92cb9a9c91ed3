#pragma once

#include <git2.h>

#include <memory>
#include <string>
#include <string_view>

namespace twin {

// What libgit2 gives, freed when it goes out of scope. For this folder's .cc files alone.
template <auto Free>
struct GitDeleter {
  template <class T>
  void operator()(T* handle) const {
    Free(handle);
  }
};
using GitRepository = std::unique_ptr<git_repository, GitDeleter<git_repository_free>>;
using GitRemote = std::unique_ptr<git_remote, GitDeleter<git_remote_free>>;
using GitReference = std::unique_ptr<git_reference, GitDeleter<git_reference_free>>;
using GitObject = std::unique_ptr<git_object, GitDeleter<git_object_free>>;
using GitCommit = std::unique_ptr<git_commit, GitDeleter<git_commit_free>>;
using GitTree = std::unique_ptr<git_tree, GitDeleter<git_tree_free>>;
using GitBlob = std::unique_ptr<git_blob, GitDeleter<git_blob_free>>;
using GitOdb = std::unique_ptr<git_odb, GitDeleter<git_odb_free>>;
using GitWalk = std::unique_ptr<git_revwalk, GitDeleter<git_revwalk_free>>;
using GitDiff = std::unique_ptr<git_diff, GitDeleter<git_diff_free>>;
using GitPatch = std::unique_ptr<git_patch, GitDeleter<git_patch_free>>;
using GitMailmap = std::unique_ptr<git_mailmap, GitDeleter<git_mailmap_free>>;

// Starts libgit2 for the process, once: no configuration of the user's or the system's (it could
// point addresses elsewhere), and limits for packs from outside. Thread-safe.
void start_git();

// Throws Error(kBadInput), "WHERE: what libgit2 says", where `code` is an error.
void check_git(int code, std::string_view where);

std::string hex(const git_oid& id);

GitCommit commit_of(git_repository* repository, const git_oid& id, std::string_view where);
// Its first `limit` bytes at most are asked for: none where the blob is longer. Errors: kBadInput.
bool read_blob(git_repository* repository, const git_oid& id, uint64_t limit, std::string& bytes,
               uint64_t& size);

}  // namespace twin
