#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace twin {

// How a host's pages of files and commits are addressed.
enum class Forge { kGitHub, kGitLab, kGitea, kBitbucket, kOther };

// A link to a Git repository, or to a person's or organisation's page on GitHub.
struct GitLink {
  Forge forge = Forge::kOther;
  std::string platform;   // "github", "gitlab", "codeberg", "bitbucket", else the host
  std::string owner;      // of a repository, or the person of a profile
  std::string name;       // of the repository; empty: a profile
  std::string branch;     // with the path behind it, as "/tree/..." says; empty: the default branch
  std::string clone_url;  // what is fetched; empty for a profile
  std::string web_url;    // what people open, without a slash at the end

  bool is_profile() const { return name.empty(); }
  // "OWNER/NAME".
  std::string full_name() const { return owner.empty() ? name : owner + '/' + name; }
  // The pages of a file and of a commit. Of a host whose addresses are not known: the repository's
  // with "#PATH" or "#HASH".
  std::string file_link(std::string_view at_branch, std::string_view path) const;
  std::string commit_link(std::string_view hash) const;
};

// What `url` (http or https) names, where that is a Git repository or a profile: pages of
// github.com (and of the host `github`, for GitHub Enterprise), gitlab.com, codeberg.org and
// bitbucket.org, and any URL whose path ends with ".git". None for every other URL, and for those
// pages of such hosts that are neither.
std::optional<GitLink> read_git_link(std::string_view url, std::string_view github = {});

// The same for a remote's URL as a clone's configuration has it, of which SSH's forms
// (git@github.com:OWNER/NAME.git, ssh://git@...) name the same pages.
std::optional<GitLink> read_remote_url(std::string_view url, std::string_view github = {});

}  // namespace twin
