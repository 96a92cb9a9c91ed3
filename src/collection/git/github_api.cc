#include "collection/git/github_api.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json.h"

namespace twin {
namespace {

constexpr size_t kPageSize = 100;
constexpr size_t kMaxPages = 50;

void check_answer(const HttpResponse& response, const std::string& name) {
  if (response.status == 200) return;
  if (response.status == 404) {
    throw Error(ErrorCode::kRemote, fmt::format("GitHub knows nobody named {}", name));
  }
  if (response.status == 401) {
    throw Error(ErrorCode::kRemote, "GitHub refuses the token in GITHUB_TOKEN");
  }
  if (response.status == 429 || response.header("x-ratelimit-remaining") == "0") {
    throw Error(ErrorCode::kRemote,
                "GitHub's limit of requests is used up; wait an hour, or set GITHUB_TOKEN");
  }
  throw Error(ErrorCode::kRemote, fmt::format("{}: HTTP {}", response.url, response.status));
}

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

std::string github_host(const GitOptions& options) {
  std::string host = options.github_api;
  if (const size_t scheme = host.find("://"); scheme != std::string::npos) {
    host.erase(0, scheme + 3);
  }
  host.resize(std::min(host.find('/'), host.size()));
  return host == "api.github.com" ? "github.com" : host;
}

std::vector<GitHubRepository> read_github_repositories(std::string_view answer,
                                                       std::string_view host) {
  const Json list = parse_json(answer, "GitHub's list of repositories", {32 << 20, 32});
  if (!list.is_array()) {
    throw Error(ErrorCode::kBadInput, "GitHub's list of repositories is no list");
  }
  std::vector<GitHubRepository> found;
  for (const Json& entry : list) {
    if (!entry.is_object()) continue;
    std::optional<GitLink> link = read_git_link(text_of(entry, "html_url"), host);
    if (!link || link->is_profile() || link->forge != Forge::kGitHub) continue;
    GitHubRepository repository;
    repository.link = std::move(*link);
    const auto fork = entry.find("fork"), size = entry.find("size");
    repository.fork = fork != entry.end() && fork->is_boolean() && fork->get<bool>();
    if (size != entry.end() && size->is_number_unsigned()) {
      repository.bytes = std::min<uint64_t>(size->get<uint64_t>(), uint64_t{1} << 40) * 1024;
    }
    found.push_back(std::move(repository));
  }
  return found;
}

std::vector<GitHubRepository> list_github_repositories(Context& context, HttpClient& client,
                                                       const GitOptions& options,
                                                       const std::string& name) {
  std::vector<GitHubRepository> all;
  for (size_t page = 1; page <= kMaxPages; ++page) {
    stop_if_interrupted(context);
    HttpRequest request;
    request.url = fmt::format("{}/users/{}/repos?per_page={}&type=owner&page={}",
                              options.github_api, url_encode(name), kPageSize, page);
    request.headers = {{"Accept", "application/vnd.github+json"}};
    if (!options.github_token.empty()) {
      request.headers.emplace_back("Authorization", "Bearer " + options.github_token);
    }
    const HttpResponse response = send_following(client, request);
    check_answer(response, name);
    const std::vector<GitHubRepository> found =
        read_github_repositories(response.body, github_host(options));
    all.insert(all.end(), found.begin(), found.end());
    // As RFC 8288 says there are more.
    if (response.header("link").find("rel=\"next\"") == std::string_view::npos) break;
  }
  return all;
}

}  // namespace twin
