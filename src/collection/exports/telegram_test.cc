#include <nlohmann/json.hpp>

#include "base/json.h"
#include "collection/exports/telegram_text.h"
#include "collection/exports/test_export.h"

namespace twin {
namespace {

TEST(TelegramText, EntitiesBecomeMarkdown) {
  const auto text = [](const char* json) { return telegram_markdown(parse_json(json, "x")); };
  EXPECT_EQ(text(R"({"text": "plain"})"), "plain");
  EXPECT_EQ(text(R"({"text": ["a ", {"type": "bold", "text": "b "}, "c"], "text_entities": []})"),
            "a **b** c");
  EXPECT_EQ(text(R"({"text_entities": [{"type": "plain", "text": "See "},
                     {"type": "text_link", "text": "this", "href": "https://x"},
                     {"type": "pre", "text": "x = 1", "language": "python"},
                     {"type": "blockquote", "text": "one\ntwo"},
                     {"type": "custom_emoji", "text": "🌸"}]})"),
            "See [this](https://x)```python\nx = 1\n```\n> one\n> two\n\n🌸");
  EXPECT_EQ(text(R"({"text": ""})"), "");
}

// Source of the structure: https://core.telegram.org/import-export.
TEST_F(ExportTest, TelegramKeepsTheAuthorsMessagesWithoutForwardedOnes) {
  const Collected found =
      collect({{"export_results.html", "x"},
               {"result.json",
                R"({"about": "x", "personal_information": {"user_id": 7, "first_name": "Ada",
            "last_name": "Lovelace", "phone_number": "+1"}, "chats": {"list": [
            {"name": "Bob", "type": "personal_chat", "id": 55, "messages": [
             {"id": 1, "type": "service", "date": "2025-01-15T09:00:00", "actor": "Bob"},
             {"id": 2, "type": "message", "date": "2025-01-15T10:00:00", "from": "Bob",
              "from_id": "user8", "text": "his"},
             {"id": 3, "type": "message", "date": "2025-01-15T10:01:00", "from": "Ada",
              "from_id": "user7", "text": ["My ", {"type": "bold", "text": "words"}]},
             {"id": 4, "type": "message", "date": "2025-01-15T10:02:00", "from": "Ada",
              "from_id": "user7", "forwarded_from": "Bob", "text": "his again"},
             {"id": 5, "type": "message", "date": "2025-01-15T10:03:00", "from": "Ada",
              "from_id": "user7", "photo": "x.jpg", "text": ""}]}]}})"}});
  EXPECT_EQ(found.documents,
            Lines{"telegram:55/2025-01-15 | telegram message | 2025-01-15T10:01:00 |  "
                  "| My **words**"});
  const std::string& raw = found.by_link.at("telegram:55/2025-01-15").raw;
  EXPECT_TRUE(raw.starts_with("{\"id\": 3,") && raw.find("\"his\"") == raw.npos) << raw;
  EXPECT_EQ(found.items,
            (Lines{"X/export_results.html: skipped: no writing of the author's",
                   "X/result.json#55/forwarded: skipped: 1 forwarded messages: the words of others",
                   "X/result.json#55/without-text: skipped: 1 messages without a text"}));
  EXPECT_EQ(export_author(folder_ / "export.zip"), "Ada Lovelace");
}

TEST_F(ExportTest, TelegramChatAloneIsTheAuthorsByName) {
  const Collected found = collect_path(
      write("chat.json", R"({"name": "Bob", "type": "personal_chat", "id": 55, "messages": [
        {"id": 3, "type": "message", "date": "2025-01-15T10:01:00", "from": "Ada Lovelace",
         "from_id": "user7", "text": "Mine"}, {"id": 4, "type": "message",
         "date": "2025-01-15T10:02:00", "from": "Bob", "from_id": "user8", "text": "His"}]})"));
  ASSERT_EQ(found.documents.size(), 1U);
  EXPECT_TRUE(found.documents[0].ends_with("| Mine"));
  EXPECT_FALSE(collect_path(write("other.json", "{\"a\": 1}")).taken);
}

}  // namespace
}  // namespace twin
