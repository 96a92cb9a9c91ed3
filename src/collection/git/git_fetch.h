#pragma once

#include "base/context.h"
#include "base/http_client.h"
#include "collection/git/git_handle.h"
#include "collection/git/git_link.h"
#include "collection/git/git_options.h"

namespace twin {

// A repository with the branch that is read.
struct OpenRepository {
  GitRepository repository;
  std::string branch;  // "main"; a commit's hash where no branch is checked out
  git_oid head{};
  bool empty = false;  // no commit yet
};

// Fetches one branch (the link's, else the default) of a repository over HTTPS into a bare clone in
// the options' cache, where the next call fetches only what is new. Nothing is checked out and no
// program or hook is run. A clone is locked while it is fetched into; killed at any moment it is
// complete or as it was. Errors: kRemote for what the server does or a passed limit, kUsage for
// http:// where the options do not allow it, kInterrupted.
OpenRepository fetch_repository(Context& context, HttpClient& client, const GitLink& link,
                                const GitOptions& options);

// Opens the repository in `folder`, a working folder or a bare one, at what is checked out.
// Errors: kBadInput.
OpenRepository open_repository(const std::filesystem::path& folder);

}  // namespace twin
