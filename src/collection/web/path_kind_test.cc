#include "collection/web/path_kind.h"

#include <gtest/gtest.h>

#include <string>

namespace twin {
namespace {

void expect(PathKind kind, std::initializer_list<const char*> paths) {
  for (const char* path : paths) {
    EXPECT_EQ(path_kind(std::string("https://a.example") + path), kind) << path;
  }
}

TEST(PathKind, PostsAreKnownByTheirPaths) {
  expect(PathKind::kPost,
         {"/2024/05/kiln/", "/2024/05/07/kiln", "/2024/05/ash.html", "/2024/kiln",
          "/blog/2024/05/kiln/", "/p/kiln-notes", "/posts/kiln/", "/Blog/Kiln.html",
          "/essays/kiln.html", "/archives/117", "/@ada/kiln-notes-0a1b2c3d4e5f",
          "/kiln-notes-0a1b2c3d4e5f?source=rss", "/?p=117", "/2024-05-07-kiln.html",
          "/pottery/20240507-kiln", "/2024/05/about/", "/posts/2024/kiln/"});
}

TEST(PathKind, ListsOfPostsAreKnown) {
  expect(PathKind::kListing,
         {"", "/", "/blog", "/blog/", "/archive", "/2024/", "/2024/05/", "/page/2/", "/blog/page/2",
          "/2024/05/page/2", "/?paged=3", "/index.html", "/blog?page=2",
          "/search?updated-max=2024-05-07&max-results=7"});
}

TEST(PathKind, OtherPagesAreLeftOut) {
  expect(PathKind::kOther, {"/tag/glaze",
                            "/tags/glaze/",
                            "/category/firing/page/2",
                            "/author/ada/",
                            "/about",
                            "/about/",
                            "/about.html",
                            "/contact",
                            "/login",
                            "/wp-login.php",
                            "/feed/",
                            "/blog/feed/",
                            "/blog/tags/x/",
                            "/kiln.jpg",
                            "/rss.xml",
                            "/?s=kiln",
                            "/2024/05/kiln/?replytocom=5",
                            "/?cat=3",
                            "/privacy",
                            "/p/kiln/comments",
                            "/wp-content/uploads/2024/05/kiln",
                            "/subscribe",
                            "/cv.pdf"});
}

TEST(PathKind, AnythingElseMayBeAPost) {
  expect(PathKind::kMaybe, {"/kiln/", "/kiln-notes-of-may", "/kiln.html", "/pottery/kiln"});
}

}  // namespace
}  // namespace twin
