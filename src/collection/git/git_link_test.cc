#include "collection/git/git_link.h"

#include <gtest/gtest.h>

namespace twin {
namespace {

std::string clone_of(std::string_view url, std::string_view github = {}) {
  const auto link = read_git_link(url, github);
  if (!link) return "none";
  return link->is_profile() ? "profile " + link->owner : link->clone_url + " @" + link->branch;
}

TEST(GitLink, PagesOfKnownHostsAreTheirRepository) {
  EXPECT_EQ(clone_of("https://github.com/ada/engine"), "https://github.com/ada/engine.git @");
  EXPECT_EQ(clone_of("https://www.GitHub.com/ada/engine.git/?tab=readme#x"),
            "https://github.com/ada/engine.git @");
  EXPECT_EQ(clone_of("https://github.com/ada/engine/tree/feature/x"),
            "https://github.com/ada/engine.git @feature/x");
  EXPECT_EQ(clone_of("https://gitlab.com/group/sub/engine/-/tree/main"),
            "https://gitlab.com/group/sub/engine.git @main");
  EXPECT_EQ(clone_of("https://codeberg.org/ada/engine/src/branch/main"),
            "https://codeberg.org/ada/engine.git @main");
  EXPECT_EQ(clone_of("https://git.example.com:8443/x/engine.git"),
            "https://git.example.com:8443/x/engine.git @");
  EXPECT_EQ(clone_of("https://github.com/ada"), "profile ada");
  EXPECT_EQ(clone_of("https://code.corp.test/ada/x", "code.corp.test"),
            "https://code.corp.test/ada/x.git @");
}

TEST(GitLink, OtherPagesAreNone) {
  for (const char* url :
       {"https://github.com", "https://github.com/features/actions", "https://github.com/topics/x",
        "https://github.com/ada/engine/issues/3", "https://gist.github.com/ada/1234",
        "https://example.com/ada/engine", "https://user:pw@github.com/ada/engine",
        "https://github.com/ada/../etc", "https://github.com/a%20b/c", "ftp://github.com/a/b",
        "git@github.com:a/b.git", "https://codeberg.org/ada", "https://gitlab.com/-/x",
        "https:///x.git"}) {
    EXPECT_EQ(clone_of(url), "none") << url;
  }
}

TEST(GitLink, RemotesOfAllFormsNameTheSamePages) {
  for (const char* url :
       {"git@github.com:ada/engine.git", "ssh://git@github.com/ada/engine.git",
        "https://token@github.com/ada/engine", "https://github.com/ada/engine.git"}) {
    const auto link = read_remote_url(url);
    ASSERT_TRUE(link) << url;
    EXPECT_EQ(link->web_url, "https://github.com/ada/engine") << url;
  }
  EXPECT_FALSE(read_remote_url("/srv/git/engine.git"));
  EXPECT_FALSE(read_remote_url("../engine.git"));
  EXPECT_FALSE(read_remote_url(""));
}

TEST(GitLink, FilesAndCommitsHaveTheirHostsPages) {
  const GitLink github = *read_git_link("https://github.com/ada/engine");
  EXPECT_EQ(github.file_link("main", "docs/a b#1.md"),
            "https://github.com/ada/engine/blob/main/docs/a%20b%231.md");
  EXPECT_EQ(github.commit_link("abc"), "https://github.com/ada/engine/commit/abc");
  EXPECT_EQ(read_git_link("https://gitlab.com/g/e")->file_link("main", "a"),
            "https://gitlab.com/g/e/-/blob/main/a");
  EXPECT_EQ(read_git_link("https://x.test/e.git")->commit_link("abc"), "https://x.test/e.git#abc");
}

}  // namespace
}  // namespace twin
