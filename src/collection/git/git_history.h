#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/context.h"
#include "collection/git/git_handle.h"
#include "collection/git/git_message.h"
#include "collection/git/git_people.h"

namespace twin {

struct GitCommitFacts {
  git_oid id{};
  size_t parents = 0;
  GitPerson author;
  std::string date;  // ISO 8601 in the author's own time zone
  GitMessage message;
  std::string raw_message;
  std::vector<std::string> changed;  // paths, where line counts were taken
};

// The newest `max_commits` commits from `head` on, newest first.
struct GitHistory {
  std::vector<GitCommitFacts> commits;
  bool cut = false;  // there are older ones

  std::vector<GitPerson> authors() const;  // of each commit
};
GitHistory read_git_history(Context& context, git_repository* repository, const git_oid& head,
                            size_t max_commits);

// Who wrote the lines of one file that stands in the head's tree: lines each person's commits added
// over the history, followed through renames.
struct FileLines {
  double author = 0;
  std::map<std::string, double> others;  // by name
  std::string date;                      // the author's last commit to it

  double total() const;
  double share_of_author() const { return total() == 0 ? 0 : author / total(); }
  // The author's name, then the others who added at least a tenth.
  std::vector<std::string> bylines(const std::string& author_name) const;
};

// Adds up the lines of each path for which `wanted` is true. A commit by several people (its
// co-authors named) counts in equal parts. Merges count for nobody: what they bring was added by
// the commits they join. A commit that changes more than 10,000 files is an import and counts for
// nobody. Fills in `changed` of the author's commits. Stops with Error(kBadInput) at `deadline`.
std::map<std::string, FileLines> count_lines(Context& context, git_repository* repository,
                                             GitHistory& history, const GitPeople& people,
                                             const std::function<bool(const std::string&)>& wanted,
                                             std::chrono::steady_clock::time_point deadline);

}  // namespace twin
