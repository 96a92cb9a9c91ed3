#include "collection/exports/slack_text.h"
#include "collection/exports/test_export.h"

namespace twin {
namespace {

TEST(SlackText, MarksBecomeMarkdown) {
  const std::map<std::string, std::string> names = {{"U2", "bob"}};
  const auto text = [&](const char* slack) { return slack_markdown(slack, names); };
  EXPECT_EQ(text("*Bold* and _thin_, 2*3*4, ~gone~ &amp; &lt;b&gt;"),
            "**Bold** and _thin_, 2*3*4, ~~gone~~ & <b>");
  EXPECT_EQ(
      text(
          "<@U2> see <https://x.org/a?b=1&amp;c|this> or <https://y.org> in <#C1|general> <!here>"),
      "@bob see [this](https://x.org/a?b=1&c) or https://y.org in #general @here");
  EXPECT_EQ(text("`*a* &lt;` then\n```x *y*```"), "`*a* <` then\n```\nx *y*\n```\n");
  EXPECT_EQ(text("a * b * c <"), "a * b * c <");
}

// Source: https://slack.com/help/articles/220556107-How-to-read-Slack-data-exports.
TEST_F(ExportTest, SlackKeepsTheAuthorsMessagesOfEachChannelAndDay) {
  const Collected found = collect(
      {{"channels.json", R"([{"id": "C1", "name": "general"}])"},
       {"general/2021-06-20.json",
        R"([{"type": "message", "user": "U1", "text": "Hello <@U2>", "ts": "1624198000.000100"},
            {"type": "message", "user": "U2", "text": "Hi", "ts": "1624198001.000100"},
            {"type": "message", "subtype": "channel_join", "user": "U1", "text": "joined",
             "ts": "1624198002.000100"},
            {"type": "message", "user": "U1", "text": "In a *thread*", "ts": "1624198003.000100",
             "thread_ts": "1624198001.000100"}])"},
       {"general/2021-06-21.json", "[{\"type\": \"message\""},
       {"users.json",
        R"([{"id": "U1", "team_id": "T", "name": "ada", "real_name": "Ada Lovelace",
             "profile": {"display_name": "countess", "email": "ada@example.org"}},
            {"id": "U2", "team_id": "T", "name": "bob", "real_name": "Bob", "profile": {}}])"}});
  EXPECT_EQ(
      found.documents,
      Lines{"slack:general/2021-06-20 | slack message | 2021-06-20T14:06:40Z |  | Hello @Bob\n\n"
            "In a **thread**"});
  ASSERT_EQ(found.items.size(), 2U);
  EXPECT_EQ(found.items[0], "X/channels.json: skipped: no writing of the author's");
  EXPECT_TRUE(found.items[1].starts_with("X/general/2021-06-21.json: failed: ")) << found.items[1];
}

}  // namespace
}  // namespace twin
