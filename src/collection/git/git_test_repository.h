#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "collection/git/git_handle.h"

namespace twin::test {

// A bare repository made by libgit2, for tests: each commit is on top of the last one.
class TestRepository {
 public:
  explicit TestRepository(const std::filesystem::path& folder) : folder_(folder) {
    start_git();
    git_repository* made = nullptr;
    check_git(git_repository_init(&made, folder.c_str(), 1), folder.string());
    repository_.reset(made);
    git_repository_set_head(made, "refs/heads/main");
  }

  const std::filesystem::path& folder() const { return folder_; }
  git_repository* get() { return repository_.get(); }

  // Writes these files (empty content: removes them) and commits. `parents`: hashes beside the
  // last.
  std::string commit(const std::map<std::string, std::string>& files, const std::string& name,
                     const std::string& email, const std::string& message,
                     const std::vector<std::string>& parents = {}) {
    for (const auto& [path, bytes] : files) {
      if (bytes.empty()) {
        files_.erase(path);
      } else {
        files_[path] = bytes;
      }
    }
    const git_oid tree_id = write_tree("");
    git_tree* tree = nullptr;
    check_git(git_tree_lookup(&tree, get(), &tree_id), "tree");
    const GitTree owner(tree);
    git_signature signature{const_cast<char*>(name.c_str()),
                            const_cast<char*>(email.c_str()),
                            {1'700'000'000 + 60 * static_cast<git_time_t>(count_++), 120, '+'}};
    std::vector<GitCommit> owners;
    std::vector<const git_commit*> list;
    const auto add = [&](const git_oid& id) {
      owners.push_back(commit_of(get(), id, "parent"));
      list.push_back(owners.back().get());
    };
    if (count_ > 1) add(last_);
    for (const std::string& hash : parents) {
      git_oid id;
      git_oid_fromstr(&id, hash.c_str());
      add(id);
    }
    check_git(git_commit_create(&last_, get(), "refs/heads/main", &signature, &signature, nullptr,
                                message.c_str(), tree, list.size(), list.data()),
              "commit");
    return hex(last_);
  }

 private:
  git_oid write_tree(const std::string& prefix) {
    git_treebuilder* builder = nullptr;
    check_git(git_treebuilder_new(&builder, get(), nullptr), "builder");
    std::map<std::string, bool> done;
    for (const auto& [path, bytes] : files_) {
      if (!path.starts_with(prefix)) continue;
      const std::string rest = path.substr(prefix.size());
      const size_t slash = rest.find('/');
      const std::string name = rest.substr(0, slash);
      if (done[name]) continue;
      done[name] = true;
      git_oid id;
      git_filemode_t mode = GIT_FILEMODE_BLOB;
      if (slash != std::string::npos) {
        id = write_tree(prefix + name + '/');
        mode = GIT_FILEMODE_TREE;
      } else {
        check_git(git_blob_create_from_buffer(&id, get(), bytes.data(), bytes.size()), path);
        if (bytes.starts_with("link:")) mode = GIT_FILEMODE_LINK;
      }
      check_git(git_treebuilder_insert(nullptr, builder, name.c_str(), &id, mode), path);
    }
    git_oid id;
    check_git(git_treebuilder_write(&id, builder), "tree");
    git_treebuilder_free(builder);
    return id;
  }

  std::filesystem::path folder_;
  GitRepository repository_;
  std::map<std::string, std::string> files_;
  git_oid last_{};
  size_t count_ = 0;
};

}  // namespace twin::test
