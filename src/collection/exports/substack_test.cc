#include "collection/exports/test_export.h"

namespace twin {
namespace {

// Source of the structure: https://github.com/TryGhost/migrate, packages/mg-substack.
TEST_F(ExportTest, SubstackKeepsWhatWasPublishedAndNeverReadsSubscribers) {
  const Collected found = collect(
      {{"email_list.engines.csv", "email\nsecret@example.org\n"},
       {"posts.csv",
        "post_id,post_date,is_published,email_sent_at,inbox_sent_at,type,audience,title,subtitle,"
        "podcast_url\n"
        "101.first-letter,2024-03-10T12:00:00.000Z,true,,,newsletter,everyone,\"First, a letter\","
        "\"On\nbeginnings\",\n"
        "102.rough,2024-04-01T09:00:00.000Z,false,,,newsletter,everyone,Rough,,\n"
        "103.talk,2024-05-01T00:00:00.000Z,true,,,podcast,everyone,A talk,,https://x/y.mp3\n"
        "104.gone,2024-06-01T00:00:00.000Z,true,,,newsletter,everyone,Gone,,\n"},
       {"posts/101.first-letter.delivers.csv", "post_id,email\n101,secret@example.org\n"},
       {"posts/101.first-letter.html",
        "<h2>Part one</h2><p>It begins.</p><div "
        "class=\"subscription-widget-wrap-editor\"><p>Thanks "
        "for reading!</p></div>"},
       {"posts/102.rough.html", "<p>x</p>"},
       {"posts/103.talk.html", "<p>We talk.</p>"}});
  EXPECT_EQ(found.documents,
            (Lines{"https://engines.substack.com/p/first-letter | substack  | "
                   "2024-03-10T12:00:00.000Z | First, a letter | ## Part one\n\nIt begins.\n",
                   "https://engines.substack.com/p/talk | substack  | 2024-05-01T00:00:00.000Z | A "
                   "talk | We talk.\n"}));
  EXPECT_EQ(found.by_link.at("https://engines.substack.com/p/talk").tags, Lines{"podcast"});
  EXPECT_EQ(found.items, (Lines{"X/#subscribers: skipped: 2 lists of subscribers, never read",
                                "X/posts.csv#104.gone: skipped: its page is not in the export",
                                "X/posts/102.rough.html: skipped: a draft"}));
}

}  // namespace
}  // namespace twin
