#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collection/git/git_people.h"

namespace twin {

// The name and version of what makes the verbatim text of a commit's message.
inline constexpr std::string_view kGitMessageExtractor = "git-message/1";

struct GitMessage {
  std::string subject;  // the first line
  std::string text;     // the message without its trailers, ending in one line break
  std::vector<GitPerson> co_authors;
};

// Reads a commit's message: the trailers of its last paragraph (Signed-off-by, Reviewed-by,
// git-svn-id, ...) are left out, Co-authored-by ones read; everything else is kept byte for byte.
GitMessage read_git_message(std::string_view message);

// Why a message is a program's and no person's, empty if it is a person's: a merge's, a plain
// revert's, fixup! and squash! marks, and those GitHub's editor proposes. `paths` are the files the
// commit changes.
std::string generated_message_reason(const GitMessage& message, size_t parents,
                                     const std::vector<std::string>& paths);

}  // namespace twin
