#include "collection/exports/test_export.h"

namespace twin {
namespace {

std::string tweet(const std::string& id, const std::string& text, const std::string& more = "") {
  return fmt::format(
      "{{\"tweet\":{{\"id_str\":\"{}\",\"created_at\":\"Wed Oct 10 20:19:{} +0000 2018\","
      "\"lang\":\"en\",\"full_text\":\"{}\"{}}}}}",
      id, id.substr(0, 2), text, more);
}

// Source of the structure: https://github.com/TheExGenesis/community-archive, docs/archive_data.md.
TEST_F(ExportTest, XJoinsThreadsExpandsLinksAndLeavesRetweetsOut) {
  const std::string long_text =
      "This is a long post that goes on for more than the old limit allows";
  const Collected found = collect(
      {{"Your archive.html", "<html>"},
       {"data/account.js",
        "window.YTD.account.part0 = [ {\"account\" : {\"accountId\":\"1\",\"username\":\"ada\","
        "\"accountDisplayName\":\"Ada Lovelace\"}} ]"},
       {"data/direct-messages.js", "window.YTD.direct_messages.part0 = []"},
       {"data/note-tweet.js",
        "window.YTD.note_tweet.part0 = [ {\"noteTweet\":{\"noteTweetId\":\"900\",\"createdAt\":"
        "\"2018-10-10T20:19:30.000Z\",\"core\":{\"text\":\"" +
            long_text + ", by far &amp; away.\\n\\n# Not a word is lost.\",\"urls\":[]}}} ]"},
       {"data/tweets-part1.js",
        "window.YTD.tweets.part1 = [" +
            tweet("12", "and goes on.", ",\"in_reply_to_status_id_str\":\"11\"") + "]"},
       {"data/tweets.js",
        "window.YTD.tweets.part0 = [" +
            tweet("11", "A thread &lt;starts&gt; https://t.co/a https://t.co/p",
                  ",\"entities\":{\"urls\":[{\"url\":\"https://t.co/a\",\"expanded_url\":"
                  "\"https://example.org/long\"}],\"media\":[{\"url\":\"https://t.co/p\"}]}") +
            ", " + tweet("10", "RT @bob: his words") + ",\n" +
            tweet("13", "@bob I agree",
                  ",\"in_reply_to_status_id_str\":\"5\",\"display_text_range\":[\"5\",\"12\"]") +
            "," + tweet("30", long_text + "… https://t.co/z") + "," +
            tweet("14", "https://t.co/q",
                  ",\"extended_entities\":{\"media\":[{\"url\":\"https://t.co/q\"}]}") +
            "]"}});
  EXPECT_EQ(
      found.documents,
      (Lines{"https://x.com/ada/status/11 | x  | 2018-10-10T20:19:11+00:00 |  | A thread "
             "<starts> https://example.org/long\n\nand goes on.",
             "https://x.com/ada/status/13 | x comment | 2018-10-10T20:19:13+00:00 |  | I agree",
             "https://x.com/ada/status/30 | x  | 2018-10-10T20:19:30+00:00 |  | " + long_text +
                 ", by far & away.\n\n# Not a word is lost."}));
  EXPECT_EQ(found.by_link.at("https://x.com/ada/status/13").language, "en");
  EXPECT_EQ(found.items,
            (Lines{"X/Your archive.html: skipped: no writing of the author's",
                   "X/data/: skipped: 2 files, no writing of the author's",
                   "X/data/tweets.js#empty: skipped: 1 posts of pictures alone",
                   "X/data/tweets.js#retweets: skipped: 1 retweets: the words of others"}));
  EXPECT_EQ(export_author(folder_ / "export.zip"), "Ada Lovelace");
}

TEST_F(ExportTest, XFileThatIsBrokenIsItsOwnFailure) {
  const Collected found =
      collect({{"data/tweets-part1.js", "window.YTD.tweets.part1 = [{\"tweet\": "},
               {"data/tweets.js", "window.YTD.tweets.part0 = [" + tweet("11", "Fine.") + "]"}});
  EXPECT_EQ(found.documents.size(), 1U);
  ASSERT_EQ(found.items.size(), 1U);
  EXPECT_TRUE(found.items[0].starts_with("X/data/tweets-part1.js: failed: ")) << found.items[0];
}

}  // namespace
}  // namespace twin
