#include "collection/git/git_link.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/http_client.h"
#include "text/unicode.h"

namespace twin {
namespace {

struct Host {
  std::string_view name, platform;
  Forge forge;
};
constexpr std::array kHosts = {Host{"github.com", "github", Forge::kGitHub},
                               Host{"gitlab.com", "gitlab", Forge::kGitLab},
                               Host{"codeberg.org", "codeberg", Forge::kGitea},
                               Host{"bitbucket.org", "bitbucket", Forge::kBitbucket}};

// First parts of paths on github.com that are the site's own pages, no people.
constexpr std::array<std::string_view, 32> kNoPeople = {"about",
                                                        "apps",
                                                        "blog",
                                                        "codespaces",
                                                        "collections",
                                                        "contact",
                                                        "customer-stories",
                                                        "enterprise",
                                                        "events",
                                                        "explore",
                                                        "features",
                                                        "issues",
                                                        "join",
                                                        "login",
                                                        "logout",
                                                        "marketplace",
                                                        "new",
                                                        "notifications",
                                                        "organizations",
                                                        "orgs",
                                                        "pricing",
                                                        "pulls",
                                                        "readme",
                                                        "search",
                                                        "security",
                                                        "sessions",
                                                        "settings",
                                                        "site",
                                                        "sponsors",
                                                        "stars",
                                                        "topics",
                                                        "trending"};

// "https://HOST[:PORT]/a/b?c#d" apart.
struct Parts {
  std::string scheme, authority;
  std::vector<std::string> path;
};

std::optional<Parts> split(std::string_view url) {
  if (!is_http_url(url)) return std::nullopt;
  Parts parts;
  const size_t host = url.find("://") + 3;
  parts.scheme = url.substr(0, host - 3);
  url = url.substr(host, url.find_first_of("?#", host) - host);
  parts.authority = lower(url.substr(0, url.find('/')));
  // Names and passwords in a URL are no part of a link.
  if (parts.authority.empty() || parts.authority.find('@') != std::string::npos)
    return std::nullopt;
  for (size_t at = parts.authority.size(); at < url.size();) {
    const size_t end = std::min(url.find('/', at + 1), url.size());
    if (end > at + 1) parts.path.emplace_back(url.substr(at + 1, end - at - 1));
    at = end;
  }
  return parts;
}

bool is_name(std::string_view text) {
  return !text.empty() && text != "." && text != ".." &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
         });
}

std::string join(const std::vector<std::string>& parts, size_t begin) {
  std::string text;
  for (size_t i = begin; i < parts.size(); ++i) text += (i == begin ? "" : "/") + parts[i];
  return text;
}

std::string without_git(std::string name) {
  if (name.ends_with(".git")) name.resize(name.size() - 4);
  return name;
}

std::optional<GitLink> read_hosted(const Parts& parts, const Host& host) {
  GitLink link;
  link.forge = host.forge;
  link.platform = host.platform;
  const std::vector<std::string>& path = parts.path;
  if (path.empty() || !is_name(path[0])) return std::nullopt;
  link.owner = path[0];
  const std::string site = fmt::format("{}://{}", parts.scheme, parts.authority);
  const bool people = host.forge == Forge::kGitHub && std::find(kNoPeople.begin(), kNoPeople.end(),
                                                                lower(path[0])) == kNoPeople.end();
  if (host.forge == Forge::kGitHub && !people) return std::nullopt;
  if (path.size() == 1) {
    if (!people) return std::nullopt;  // the others' lists of repositories are not read
    link.web_url = fmt::format("{}/{}", site, link.owner);
    return link;
  }
  // GitLab's groups nest: the repository's path ends at "-".
  size_t end = 2;
  if (host.forge == Forge::kGitLab) {
    end = static_cast<size_t>(std::find(path.begin(), path.end(), "-") - path.begin());
    link.owner.clear();
    for (size_t i = 0; i + 1 < end; ++i) link.owner += (i == 0 ? "" : "/") + path[i];
  }
  if (end < 2) return std::nullopt;
  link.name = without_git(path[end - 1]);
  if (!is_name(link.name)) return std::nullopt;
  size_t rest = end;
  if (rest < path.size() && path[rest] == "-") ++rest;
  if (rest < path.size()) {
    const bool tree = path[rest] == "tree" || path[rest] == "blob" || path[rest] == "src" ||
                      path[rest] == "commits";
    if (!tree) return std::nullopt;  // issues, pull requests, wikis, ...
    ++rest;
    if (host.forge == Forge::kGitea && rest < path.size() && path[rest] == "branch") ++rest;
    link.branch = join(path, rest);
  }
  link.web_url = fmt::format("{}/{}/{}", site, link.owner, link.name);
  link.clone_url = link.web_url + ".git";
  return link;
}

}  // namespace

std::string GitLink::file_link(std::string_view at_branch, std::string_view path) const {
  const std::string file = url_encode(path, "/"), at = url_encode(at_branch, "/");
  switch (forge) {
    case Forge::kGitHub:
      return fmt::format("{}/blob/{}/{}", web_url, at, file);
    case Forge::kGitLab:
      return fmt::format("{}/-/blob/{}/{}", web_url, at, file);
    case Forge::kGitea:
      return fmt::format("{}/src/branch/{}/{}", web_url, at, file);
    case Forge::kBitbucket:
      return fmt::format("{}/src/{}/{}", web_url, at, file);
    case Forge::kOther:
      break;
  }
  return fmt::format("{}#{}", web_url, path);
}

std::string GitLink::commit_link(std::string_view hash) const {
  switch (forge) {
    case Forge::kGitLab:
      return fmt::format("{}/-/commit/{}", web_url, hash);
    case Forge::kBitbucket:
      return fmt::format("{}/commits/{}", web_url, hash);
    case Forge::kOther:
      return fmt::format("{}#{}", web_url, hash);
    default:
      return fmt::format("{}/commit/{}", web_url, hash);
  }
}

std::optional<GitLink> read_git_link(std::string_view url, std::string_view github) {
  const std::optional<Parts> parts = split(url);
  if (!parts) return std::nullopt;
  std::string_view host = parts->authority;
  if (host.starts_with("www.")) host.remove_prefix(4);
  if (!github.empty() && parts->authority == github) {
    return read_hosted(*parts, {github, "github", Forge::kGitHub});
  }
  for (const Host& known : kHosts) {
    if (host != known.name) continue;
    Parts plain = *parts;
    plain.authority = host;
    return read_hosted(plain, known);
  }
  if (parts->path.empty() || !parts->path.back().ends_with(".git")) return std::nullopt;
  GitLink link;
  link.platform = host.substr(0, host.find(':'));
  link.name = without_git(parts->path.back());
  if (parts->path.size() > 1) link.owner = parts->path[parts->path.size() - 2];
  link.clone_url = fmt::format("{}://{}/{}", parts->scheme, parts->authority, join(parts->path, 0));
  link.web_url = link.clone_url;
  if (link.name.empty()) return std::nullopt;
  return link;
}

std::optional<GitLink> read_remote_url(std::string_view url, std::string_view github) {
  if (is_http_url(url)) {
    // A token before the host stays out of links.
    const size_t host = url.find("://") + 3, slash = std::min(url.find('/', host), url.size());
    const size_t at = url.substr(0, slash).rfind('@');
    const size_t begin = at == std::string_view::npos || at < host ? host : at + 1;
    return read_git_link(fmt::format("https://{}", url.substr(begin)), github);
  }
  constexpr std::string_view kSsh = "ssh://";
  const bool is_ssh = url.starts_with(kSsh);
  if (is_ssh) url.remove_prefix(kSsh.size());
  if (const size_t at = url.find('@'); at != std::string_view::npos) url.remove_prefix(at + 1);
  const size_t colon = url.find_first_of(is_ssh ? "/" : ":");
  if (colon == std::string_view::npos || url.starts_with('/')) return std::nullopt;
  return read_git_link(fmt::format("https://{}/{}", url.substr(0, colon), url.substr(colon + 1)),
                       github);
}

}  // namespace twin
