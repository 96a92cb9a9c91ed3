#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/context.h"
#include "base/http_client.h"
#include "collection/git/git_link.h"
#include "collection/git/git_options.h"

namespace twin {

struct GitHubRepository {
  GitLink link;
  bool fork = false;
  uint64_t bytes = 0;  // as the API says it
};

// The public repositories that a person or organisation owns, as GitHub's REST API lists them
// (GET /users/NAME/repos), all pages of it. Without a token GitHub answers 60 requests an hour.
// Errors: kRemote with what to do (no such user, rate limit, an answer that is none), kInterrupted.
// Source: docs.github.com/rest/repos/repos#list-repositories-for-a-user.
std::vector<GitHubRepository> list_github_repositories(Context& context, HttpClient& client,
                                                       const GitOptions& options,
                                                       const std::string& name);

// The entries of one page of that answer; an entry that is no repository on `host` is left out.
// Errors: kBadInput where the answer is no JSON list.
std::vector<GitHubRepository> read_github_repositories(std::string_view answer,
                                                       std::string_view host);

}  // namespace twin
