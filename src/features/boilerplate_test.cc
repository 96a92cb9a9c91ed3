#include "features/boilerplate.h"

#include <gtest/gtest.h>

namespace twin {
namespace {

TEST(Boilerplate, PlatformsWordsAreKnown) {
  for (const char* line :
       {"Share",
        "SHARE THIS POST",
        "Subscribe",
        "Leave a comment",
        "PreviousNext",
        "12",
        "1,204",
        "2.1K",
        "__LLM Course",
        "__",
        "© 2024 Ada Lovelace",
        "__Copyright 2023, Ada",
        "Powered by Jekyll",
        "Copyright 2011-2020 Ada Lovelace",
        "Aug 17, 2024",
        "17 August 2024",
        "2024-08-17",
        "*",
        "",
        "Thanks for reading My Letter! Subscribe for free to receive new posts and support my "
        "work.",
        "My Letter is a reader-supported publication. To receive new posts and support my\nwork, "
        "consider becoming a free or paid subscriber."}) {
    EXPECT_TRUE(is_boilerplate_line(line)) << line;
  }
}

TEST(Boilerplate, SentencesOfAnAuthorAreNot) {
  for (const char* line :
       {"Share your thoughts with me.", "I like it.", "Copyright law is a mess, and always was.",
        "Powered by coffee alone, she wrote the first program in a night.", "12 monkeys",
        "1.5 GB of RAM", "In August 2024 we moved.", "May 5", "__init__",
        "Subscribe to the topic before you publish.", "All men are mortal.",
        "Start writing code today."}) {
    EXPECT_FALSE(is_boilerplate_line(line)) << line;
  }
}

TEST(Boilerplate, LoneDatesHaveMonthAndYear) {
  for (const char* date : {"Aug 17, 2024", "August 2024", "17 Sept 2024", "2024-08-17"}) {
    EXPECT_TRUE(is_lone_date(date)) << date;
  }
  for (const char* text : {"", "2024", "August", "Aug 17", "2024-08", "I met her in May 2024",
                           "Aug 17, 2024 and then again some days later"}) {
    EXPECT_FALSE(is_lone_date(text)) << text;
  }
}

TEST(Boilerplate, APagesFrameStandsAroundTheText) {
  const std::string header =
      "A title | MediumOpen in appSign upSign inWriteAda·Follow12 min read2.1K13ListenShare";
  const std::string footer =
      "Sign up to discover human stories that deepen your understanding of the world.FreeHelpAbout";
  const std::string own = "I never ListenShare. Open in app, it says.";
  const std::string page = header + own + footer;
  EXPECT_EQ(slice(page, without_page_frame(page)), own);
  EXPECT_EQ(slice(own, without_page_frame(own)), own);
  const std::string only_footer = own + footer;
  EXPECT_EQ(slice(only_footer, without_page_frame(only_footer)), own);
  EXPECT_EQ(without_page_frame("").size(), 0u);
}

}  // namespace
}  // namespace twin
