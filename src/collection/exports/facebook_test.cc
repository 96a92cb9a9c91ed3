#include "base/hashing.h"
#include "collection/exports/test_export.h"

namespace twin {
namespace {

// Source of the structure: https://github.com/NorseKode/Waultar-App,
// documents/parser/content_examples.md; https://github.com/apparebit/deface.
TEST_F(ExportTest, FacebookKeepsOwnPostsAndCommentsInTheirTrueLetters) {
  const Collected found = collect(
      {{"comments_and_reactions/comments.json",
        "{\"comments_v2\":[{\"timestamp\":1239798000,\"data\":[{\"comment\":{\"timestamp\":"
        "1239798000,"
        "\"comment\":\"fedt\",\"author\":\"Ada L\\u00c3\\u00b8velace\"}}],\"title\":\"x\"},"
        "{\"timestamp\":1239798001,\"data\":[{\"comment\":{\"comment\":\"not mine\",\"author\":"
        "\"Bob\"}}]}]}"},
       {"messages/inbox/bob_1/message_1.json", "{}"},
       {"posts/your_posts_1.json",
        "[{\"timestamp\":1513717414,\"data\":[{\"post\":\"\\u00c3\\u009cber Caf\\u00c3\\u00a9s "
        "\\u00e2\\u0080\\u0093 \\u00f0\\u009f\\u008c\\u00b8\"},{\"update_timestamp\":1}],"
        "\"title\":\"Ada\"},{\"timestamp\":1,\"attachments\":[],\"title\":\"a link\"}]"},
       {"profile_information/profile_information.json",
        "{\"profile_v2\":{\"name\":{\"full_name\":\"Ada L\\u00c3\\u00b8velace\"}}}"}});
  EXPECT_EQ(found.documents,
            (Lines{"facebook:comment/1239798000-" + sha256("fedt").substr(0, 8) +
                       " | facebook comment | 2009-04-15T12:20:00Z |  | fedt",
                   "facebook:post/1513717414-" + sha256("Über Cafés – 🌸").substr(0, 8) +
                       " | facebook  | 2017-12-19T21:03:34Z |  | Über Cafés – 🌸"}));
  EXPECT_EQ(found.items,
            (Lines{"X/comments_and_reactions/comments.json#others: skipped: 1 entries by others",
                   "X/messages/inbox/bob_1/: skipped: 1 files, no writing of the author's",
                   "X/posts/your_posts_1.json#empty: skipped: 1 entries without a word of the "
                   "author's",
                   "X/profile_information/: skipped: 1 files, no writing of the author's"}));
  EXPECT_EQ(export_author(folder_ / "export.zip"), "Ada Løvelace");
}

TEST_F(ExportTest, FacebookAsHtmlIsRefusedWithWhatToDo) {
  const Collected found = collect(
      {{"your_facebook_activity/posts/your_posts__check_ins__photos_and_videos_1.html", "<html>"}});
  EXPECT_EQ(found.items,
            Lines{"X/your_facebook_activity/posts/your_posts__check_ins__photos_and_videos_1.html: "
                  "failed: exported as HTML; ask Facebook for the JSON format"});
}

TEST_F(ExportTest, InstagramKeepsCaptionsAndComments) {
  const Collected found = collect(
      {{"your_instagram_activity/comments/post_comments_1.json",
        "[{\"string_map_data\":{\"Comment\":{\"value\":\"sch\\u00c3\\u00b6n\"},\"Time\":{"
        "\"timestamp\":1513717414}}}]"},
       {"your_instagram_activity/content/posts_1.json",
        "[{\"media\":[{\"uri\":\"a.jpg\",\"creation_timestamp\":1513717414,\"title\":\"One "
        "caf\\u00c3\\u00a9\"}]},{\"media\":[{\"uri\":\"b.jpg\",\"creation_timestamp\":1,\"title\":"
        "\"\"}],\"title\":\"Two\",\"creation_timestamp\":1513717415}]"}});
  ASSERT_EQ(found.documents.size(), 3U);
  EXPECT_TRUE(found.documents[0].ends_with("instagram comment | 2017-12-19T21:03:34Z |  | schön"));
  EXPECT_TRUE(found.documents[1].ends_with("instagram  | 2017-12-19T21:03:34Z |  | One café"));
  EXPECT_TRUE(found.documents[2].ends_with("instagram  | 2017-12-19T21:03:35Z |  | Two"));
}

}  // namespace
}  // namespace twin
