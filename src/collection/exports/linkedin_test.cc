#include "collection/exports/test_export.h"

namespace twin {
namespace {

TEST_F(ExportTest, LinkedInKeepsArticlesPostsAndComments) {
  const Collected found = collect(
      {{"Articles/Articles/2024-09-20 06:12:00.0-the-cost.html",
        "<html><head><title></title><style>h1 {}</style></head><body><h1><a "
        "href=\"https://www.linkedin.com/pulse/the-cost-ada\">The cost</a></h1><p "
        "class=\"created\">Created on 2024-09-20 06:04</p><p class=\"published\">Published on "
        "2024-09-20 06:12</p><div><p>Reliability has a cost.</p></div></body></html>"},
       {"Articles/Articles/draft.html",
        "<html><body><h1><a href=\"https://www.linkedin.com/pulse/d\">D</a></h1><p "
        "class=\"created\">Created on 2024-09-20 06:04</p><div><p>x</p></div></body></html>"},
       {"Comments_155.csv",
        "Date,Link,Message\n2024-01-02 03:04:05,https://www.linkedin.com/feed/update/1,\"The "
        "\\\"tea\\\" team,\nwas hot.\"\n"},
       {"Connections.csv", "Notes:\n\"When exporting ...\"\n\nFirst Name,Last Name,URL\nBob,B,x\n"},
       {"Profile.csv", "First Name,Last Name,Maiden Name\nAda,Lovelace,Byron\n"},
       {"Shares_155.csv",
        "Date,ShareLink,ShareCommentary,SharedUrl,MediaUrl,Visibility\r\n"
        "2024-02-03 04:05:06,https://www.linkedin.com/feed/update/2,\"\"\"First "
        "line.\"\"\r\n\"\"\"\"\r\n"
        "\"\"Second \"\"\"\"line\"\"\"\".\"\"\",,,PUBLIC\r\n"
        "2024-02-04 04:05:06,https://www.linkedin.com/feed/update/3,,https://x,,PUBLIC\r\n"},
       {"messages.csv", "CONVERSATION ID,FROM\n1,Bob\n"}});
  ASSERT_EQ(found.documents.size(), 3U);
  EXPECT_EQ(
      found.documents[0],
      "https://www.linkedin.com/feed/update/1#comment-2024-01-02T03:04:05 | linkedin comment | "
      "2024-01-02T03:04:05 |  | The \"tea\" team,\nwas hot.");
  EXPECT_EQ(
      found.documents[2],
      "https://www.linkedin.com/pulse/the-cost-ada | linkedin  | 2024-09-20T06:12 | The cost | "
      "Reliability has a cost.\n");
  EXPECT_EQ(found.items,
            (Lines{"X/Articles/Articles/draft.html: skipped: a draft",
                   "X/Connections.csv: skipped: no writing of the author's",
                   "X/Profile.csv: skipped: no writing of the author's",
                   "X/Shares_155.csv#empty: skipped: 1 shares without a word of the author's",
                   "X/messages.csv: skipped: private messages are not collected"}));
  EXPECT_EQ(export_author(folder_ / "export.zip"), "Ada Lovelace");
}

// A line break stands as quote, break, quote, a quote twice over.
TEST_F(ExportTest, LinkedInPostsGetTheirLineBreaksBack) {
  const Collected found = collect({{"Shares.csv",
                                    "Date,ShareLink,ShareCommentary\n2024-02-03 "
                                    "04:05:06,https://l/2,\"First line.\"\"\n\"\"\"\"\n"
                                    "\"\"Second \"\"\"\"line\"\"\"\".\"\n2024-02-04 "
                                    "04:05:06,https://l/3,\"Plain, with \"\"quotes\"\"\"\n"}});
  ASSERT_EQ(found.documents.size(), 2U);
  EXPECT_EQ(found.by_link.at("https://l/2").verbatim, "First line.\n\nSecond \"line\".");
  EXPECT_EQ(found.by_link.at("https://l/3").verbatim, "Plain, with \"quotes\"");
  EXPECT_EQ(found.by_link.at("https://l/3").raw,
            "2024-02-04 04:05:06,https://l/3,\"Plain, with \"\"quotes\"\"\"");
}

}  // namespace
}  // namespace twin
