#include "collection/exports/test_export.h"

namespace twin {
namespace {

TEST_F(ExportTest, RedditKeepsPostsAndCommentsWithTheirQuotations) {
  const Collected found = collect(
      {{"comment_votes.csv", "id,permalink,direction\n1,x,up\n"},
       {"comments.csv",
        "id,permalink,date,ip,subreddit,gildings,link,parent,body,media\n"
        "c1,https://www.reddit.com/r/engines/comments/p1/x/c1/,2023-01-15 12:34:56 UTC,,engines,0,"
        "https://x,,\"> his words\n\nMine, \"\"quoted\"\".\",\n"
        "c2,https://www.reddit.com/r/engines/comments/p1/x/c2/,2023-01-16 12:34:56 "
        "UTC,,engines,0,,,"
        "[deleted],\n"},
       {"posts.csv",
        "id,permalink,date,ip,subreddit,gildings,title,url,body\n"
        "p1,/r/engines/comments/p1/x/,2023-01-14 12:34:56 UTC,10.0.0.1,engines,0,On engines,,"
        "\"They **weave**.\"\n"
        "p2,/r/engines/comments/p2/x/,2023-01-14 12:34:56 UTC,,engines,0,A link,https://x,\n"}});
  EXPECT_EQ(
      found.documents,
      (Lines{"https://www.reddit.com/r/engines/comments/p1/x/ | reddit  | 2023-01-14T12:34:56Z "
             "| On engines | They **weave**.",
             "https://www.reddit.com/r/engines/comments/p1/x/c1/ | reddit comment | "
             "2023-01-15T12:34:56Z |  | > his words\n\nMine, \"quoted\"."}));
  EXPECT_EQ(found.items, (Lines{"X/comment_votes.csv: skipped: no writing of the author's",
                                "X/comments.csv#empty: skipped: 1 comments that were deleted",
                                "X/posts.csv#empty: skipped: 1 links and posts without a text"}));
}

}  // namespace
}  // namespace twin
