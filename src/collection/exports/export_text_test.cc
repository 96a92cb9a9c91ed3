#include "collection/exports/export_text.h"

#include <gtest/gtest.h>

#include "collection/exports/json_slices.h"

namespace twin {
namespace {

TEST(ExportText, DatesBecomeIso) {
  EXPECT_EQ(iso_from_epoch(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(iso_from_epoch(-1), "");
  EXPECT_EQ(iso_from_tweet_date("Wed Oct 10 20:19:24 +0000 2018"), "2018-10-10T20:19:24+00:00");
  EXPECT_EQ(iso_from_tweet_date("Wed Okt 10 20:19:24 +0000 2018"), "");
  EXPECT_EQ(iso_from_spaced_date("2023-01-15 12:34:56 UTC"), "2023-01-15T12:34:56Z");
  EXPECT_EQ(iso_from_spaced_date("2023-01-15 12:34:56"), "2023-01-15T12:34:56");
  EXPECT_EQ(iso_from_spaced_date("15.01.2023"), "");
}

TEST(ExportText, MojibakeIsRepairedAndOtherTextIsNot) {
  EXPECT_EQ(repair_mojibake("Ã¼ber â\u0080\u0093"), "über –");
  EXPECT_EQ(repair_mojibake("über"), "über");
  EXPECT_EQ(repair_mojibake("plain"), "plain");
  EXPECT_EQ(repair_mojibake("日本 Ã¼"), "日本 Ã¼");
}

TEST(ExportText, EntitiesAreResolvedOnce) {
  EXPECT_EQ(unescape_basic_entities("&amp;lt; &lt;a&gt; & &x;"), "&lt; <a> & &x;");
}

TEST(JsonSlices, GiveTheBytesOfMembers) {
  const std::string json = R"({ "a" : [1, {"x": "]}"}], "b\"c": "s\"t", "d":-1.5e3 , "e":{}})";
  const auto members = object_members(json);
  ASSERT_EQ(members.size(), 4U);
  EXPECT_EQ(members[0].second, R"([1, {"x": "]}"}])");
  EXPECT_EQ(members[1].first, R"(b\"c)");
  EXPECT_EQ(members[1].second, R"("s\"t")");
  EXPECT_EQ(object_member(json, "d"), "-1.5e3");
  EXPECT_EQ(object_member(json, "e"), "{}");
  EXPECT_EQ(object_member(json, "f"), "");
  EXPECT_TRUE(object_members("{}").empty());
}

}  // namespace
}  // namespace twin
