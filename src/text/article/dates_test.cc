#include "text/article/dates.h"

#include <gtest/gtest.h>

namespace twin {
namespace {

TEST(Dates, ManySpellings) {
  const std::pair<const char*, const char*> cases[] = {
      {"2015-07-24", "2015-07-24"},
      {"2015-07-24T05:36:09+01:00", "2015-07-24T05:36:09+01:00"},
      {"2021-11-01T10:52:50+0100", "2021-11-01T10:52:50+01:00"},
      {"2018-12-21T12:55:00Z", "2018-12-21T12:55:00Z"},
      {"2018-04-05T06:00", "2018-04-05T06:00:00"},
      {"2017-11-03 03:01:00.000000", "2017-11-03T03:01:00"},
      {"20150724", "2015-07-24"},
      {"2015/07/24", "2015-07-24"},
      {"Published on July 24th, 2015 at 10 am", "2015-07-24"},
      {"Jul. 24, 2015", "2015-07-24"},
      {"Fri, 24 Jul 2015 10:00:00 GMT", "2015-07-24"},
      {"24 July 2015", "2015-07-24"},
      {"24. Juli 2015", "2015-07-24"},
      {"24 juillet 2015", "2015-07-24"},
      {"1er août 2015", "2015-08-01"},
      {"24 de julio de 2015", "2015-07-24"},
      {"24 июля 2015", "2015-07-24"},
      {"2015年7月24日", "2015-07-24"},
      {"24.7.2015", "2015-07-24"},
      {"7/24/2015", "2015-07-24"},
      {"24/7/2015", "2015-07-24"},
      {"4/7/2015", ""},  // April or July
      {"2015-13-40", ""},
      {"99999999", ""},
      {"1234", ""},
      {"May the 4th be with you", ""},
      {"", ""},
  };
  for (const auto& [text, date] : cases) EXPECT_EQ(find_date(text), date) << text;
}

TEST(Dates, TellsWhereTheyBegin) {
  EXPECT_EQ(find_date_in("Ada Lovelace, 10 December 1915").begin, 14u);
  EXPECT_EQ(find_date_in("no date").begin, std::string::npos);
}

TEST(Dates, InLinks) {
  EXPECT_EQ(date_in_link("https://example.org/2015/07/24/a-post"), "2015-07-24");
  EXPECT_EQ(date_in_link("https://example.org/posts/2015-07-24-a-post.html"), "2015-07-24");
  EXPECT_EQ(date_in_link("https://example.org/a?d=2015/07/24"), "");
  EXPECT_EQ(date_in_link("https://example.org/12015/07/24"), "");
}

}  // namespace
}  // namespace twin
