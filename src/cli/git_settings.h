#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "collection/git/git_options.h"

namespace twin {

// "a@example.org, b@example.org" apart, as settings have them.
std::vector<std::string> addresses_of(const std::string& list);

// What the settings collect.git.* and GITHUB_TOKEN say; clones are kept in the workspace's cache.
// Errors: kUsage for a value out of range or an API address that is no URL.
GitOptions git_options(Session& session);

}  // namespace twin
