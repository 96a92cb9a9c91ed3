#include "collection/exports/test_export.h"
#include "collection/exports/whatsapp_chat.h"

namespace twin {
namespace {

std::string first_date(const std::string& chat) {
  const auto messages = read_whatsapp_chat(chat);
  return messages.empty() ? "no chat" : messages.front().date + ' ' + messages.front().writer;
}

TEST(WhatsAppChat, DatesOfManyRegionsAreRead) {
  EXPECT_EQ(first_date("[20.06.21, 14:30:05] Ada: x"), "2021-06-20T14:30:05 Ada");
  EXPECT_EQ(first_date("[6/20/21, 2:30:05\u202fPM] Ada: x"), "2021-06-20T14:30:05 Ada");
  EXPECT_EQ(first_date("\u200e[20/06/2021, 14:30:05] Ada: x"), "2021-06-20T14:30:05 Ada");
  EXPECT_EQ(first_date("20/06/2021, 14:30 - Ada: x"), "2021-06-20T14:30:00 Ada");
  EXPECT_EQ(first_date("6/7/21, 12:05 AM - Ada: x"), "2021-06-07T00:05:00 Ada");
  EXPECT_EQ(first_date("6/7/21, 12:05 - Ada: x"), "2021-07-06T12:05:00 Ada");
  EXPECT_EQ(first_date("20/06/2021, 2:30 p. m. - Ada: x"), "2021-06-20T14:30:00 Ada");
  EXPECT_EQ(first_date("20.06.21 14:30 - Ada: x"), "2021-06-20T14:30:00 Ada");
  EXPECT_EQ(first_date("2021-06-20, 14:30 - Ada: x"), "2021-06-20T14:30:00 Ada");
  EXPECT_EQ(first_date("[20.6.2021 klo 14.30.05] Ada: x"), "2021-06-20T14:30:05 Ada");
  EXPECT_EQ(first_date("2021/06/20 午後2:30 - Ada: x"), "2021-06-20T14:30:00 Ada");
  EXPECT_EQ(first_date("[20-06-21 14:30:05] Ada: x"), "2021-06-20T14:30:05 Ada");
  for (const char* none : {"", "Ada: x", "20.06.21 was a fine day - I said: x",
                           "1. First\n2. Second", "99/99/2021, 14:30 - x", "[1] Note: x"}) {
    EXPECT_TRUE(first_date(none) == "no chat" || first_date(none) == " ") << none;
  }
}

// 3 May came before 2 June only if the day is first.
TEST(WhatsAppChat, OrderOfDayAndMonthIsTheOneThatGoesForwards) {
  EXPECT_EQ(first_date("3/5/21, 14:30 - Ada: x\n2/6/21, 14:30 - Ada: y\n1/7/21, 8:00 - Ada: z"),
            "2021-05-03T14:30:00 Ada");
  EXPECT_EQ(first_date("5/3/21, 14:30 - Ada: x\n5/25/21, 14:30 - Ada: y"),
            "2021-05-03T14:30:00 Ada");
}

constexpr const char* kChat =
    "[20.06.21, 14:30:05] Group: \u200eMessages and calls are end-to-end encrypted.\r\n"
    "[20.06.21, 14:30:06] Bob: Hello\r\nand more\r\n"
    "[20.06.21, 14:31:05] Ada: First: *bold*\r\n\r\nsecond paragraph\r\n"
    "\u200e[20.06.21, 14:32:05] Ada: \u200eimage omitted\r\n"
    "[20.06.21, 14:33:05] Ada: You deleted this message\r\n"
    "[20.06.21, 14:34:05] Ada: Changed \u200e<This message was edited>\r\n"
    "[21.06.21, 08:00:00] Ada: Next day\r\n";

TEST_F(ExportTest, WhatsAppKeepsTheAuthorsMessagesOfADayTogether) {
  const auto path =
      write("WhatsApp Chat - Bob.zip", make_archive({{"_chat.txt", kChat}, {"1.jpg", "x"}}));
  const Collected found = collect_path(path);
  EXPECT_EQ(
      found.documents,
      (Lines{"whatsapp:Bob/2021-06-20 | whatsapp message | 2021-06-20T14:31:05 |  | First: "
             "*bold*\n\nsecond paragraph\n\nChanged",
             "whatsapp:Bob/2021-06-21 | whatsapp message | 2021-06-21T08:00:00 |  | Next day"}));
  const std::string& raw = found.by_link.at("whatsapp:Bob/2021-06-20").raw;
  EXPECT_EQ(raw.find("Hello"), std::string::npos);
  EXPECT_EQ(found.items,
            (Lines{"X/1.jpg: skipped: no writing of the author's",
                   "X/_chat.txt#without-text: skipped: 2 messages of pictures, sounds or "
                   "nothing"}));
}

TEST_F(ExportTest, WhatsAppTextAloneIsTakenAndAnUnknownAuthorIsAskedFor) {
  const auto path =
      write("WhatsApp Chat with Bob.txt",
            "6/20/21, 2:30 PM - Messages are encrypted\n"
            "6/20/21, 2:30 PM - Countess: I write\n6/20/21, 2:31 PM - Bob: IMG.jpg\n"
            "6/20/21, 2:32 PM - Countess: IMG-1-WA2.jpg (file attached)\nA caption\n");
  const Collected unknown = collect_path(path);
  EXPECT_TRUE(unknown.documents.empty());
  ASSERT_EQ(unknown.items.size(), 1U);
  EXPECT_TRUE(
      unknown.items[0].ends_with("failed: none of its writers is known to be Ada Lovelace: "
                                 "Countess, Bob; say which with --as NAME"))
      << unknown.items[0];
  options_.names = {"countess"};
  const Collected found = collect_path(path);
  ASSERT_EQ(found.documents.size(), 1U);
  EXPECT_TRUE(found.documents[0].ends_with("| I write\n\nA caption")) << found.documents[0];
  EXPECT_FALSE(collect_path(write("notes.txt", "Just a note.\n12.03.2021 was fine.\n")).taken);
}

}  // namespace
}  // namespace twin
