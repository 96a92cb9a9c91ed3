#pragma once

#include <memory>

#include "collection/git/git_options.h"
#include "collection/web/source.h"

namespace twin {

// Links of Git repositories and of people's pages on GitHub (read_git_link): cloned, not read as
// pages.
std::unique_ptr<WebSource> make_git_source(const GitOptions& options);

}  // namespace twin
