#pragma once

#include <filesystem>
#include <string>

#include "base/http_client.h"
#include "collection/collector.h"
#include "collection/git/git_link.h"
#include "collection/git/git_options.h"

namespace twin {

// Collects what the author wrote in the Git repository that `link` names, or in all repositories of
// the GitHub profile that it names (forks are skipped unless the options take them):
//   files     READMEs, documentation and code of the branch's newest commit of whose lines the
//             author added at least half; bylines name the author and those who added a tenth
//   messages  of the author's commits, without trailers; bylines name the co-authors
// Each is a document of category repositories whose genre says what it is; what is left out is an
// item with its reason. A repository that cannot be fetched or read is that item's failure.
// Errors: kInterrupted.
void collect_git(Collector& collector, HttpClient& client, const GitOptions& options,
                 const GitLink& link);

// The same of a repository on this machine, at what is checked out; the working folder's own files
// are not read. Its documents have the links of the host that its remote "origin" names, so that
// the same repository collected from there gives the same documents.
void collect_git_folder(Collector& collector, const GitOptions& options,
                        const std::filesystem::path& folder);

// Whether `folder` is a Git repository: a working folder's top or a bare one.
bool is_git_folder(const std::filesystem::path& folder);

}  // namespace twin
