#include "collection/web/bylines.h"

#include <gtest/gtest.h>

namespace twin {
namespace {

using Names = std::vector<std::string>;

TEST(Bylines, NamesAreFoundInBylines) {
  EXPECT_EQ(byline_names("By Ada Lovelace and Charles Babbage"),
            (Names{"Ada Lovelace", "Charles Babbage"}));
  EXPECT_EQ(byline_names("Ada Lovelace, Charles Babbage & Mary Somerville"),
            (Names{"Ada Lovelace", "Charles Babbage", "Mary Somerville"}));
  EXPECT_EQ(byline_names(" Dr. Ada\n Lovelace, PhD "), Names{"Dr. Ada Lovelace"});
  EXPECT_EQ(byline_names("@ada"), Names{"@ada"});
  for (const char* nobody : {"", "admin", "Administrator", "ada@example.org", "Unknown",
                             "https://www.facebook.com/ada", "PhD"}) {
    EXPECT_EQ(byline_names(nobody), Names{}) << nobody;
  }
}

TEST(Bylines, TheAuthorIsKnownByManyNames) {
  const Author ada = author_from_full_name("Ada King Lovelace");
  for (const char* name :
       {"Ada King Lovelace", "ADA KING LOVELACE", "Ada Lovelace", "A. Lovelace", "A. K. Lovelace",
        "Dr. Ada Lovelace, PhD", "Ada", "Lovelace", "Lovelace, Ada King", "adalovelace",
        "@ada-lovelace", "alovelace", "Áda Lovelace"}) {
    EXPECT_TRUE(is_name_of(ada, name)) << name;
  }
  for (const char* name : {"Charles Babbage", "Charles Lovelace", "Ada Byron", "B. Lovelace", "",
                           "King", "Lovelace Ltd", "Adam Lovelace"}) {
    EXPECT_FALSE(is_name_of(ada, name)) << name;
  }
  EXPECT_TRUE(is_name_of(author_from_full_name("Zoë Ångström"), "Zoe Angstrom"));
  EXPECT_TRUE(is_name_of(author_from_full_name("Jan van der Berg"), "J. van der Berg"));
  EXPECT_TRUE(is_name_of(author_from_full_name("Conor O’Neil"), "Conor O'Neil"));
  EXPECT_TRUE(is_name_of(author_from_full_name("Plato"), "plato"));
}

TEST(Bylines, AnAliasIsTheAuthor) {
  Author ada = author_from_full_name("Ada Lovelace");
  ada.aliases = {"Augusta Byron", "A. A. L."};
  for (const char* name : {"Augusta Byron", "A. Byron", "augustabyron", "AAL", "Ada Lovelace"}) {
    EXPECT_TRUE(is_name_of(ada, name)) << name;
  }
  EXPECT_FALSE(is_name_of(ada, "Charles Babbage"));
  EXPECT_TRUE(judge_bylines(ada, {"by A. A. L."}).by_author);
  EXPECT_FALSE(judge_bylines(ada, {"Charles Babbage"}).by_author);
}

TEST(Bylines, PostsOfOthersAreNotTheAuthors) {
  const Author ada = author_from_full_name("Ada Lovelace");
  EXPECT_TRUE(judge_bylines(ada, {}).by_author);
  EXPECT_TRUE(judge_bylines(ada, {"admin"}).by_author);
  EXPECT_TRUE(judge_bylines(ada, {"Charles Babbage", "Ada Lovelace"}).by_author);
  const BylineVerdict guest = judge_bylines(ada, {"Charles Babbage and Mary Somerville"});
  EXPECT_FALSE(guest.by_author);
  EXPECT_EQ(guest.reason, "by Charles Babbage, Mary Somerville, not by Ada Lovelace");
}

}  // namespace
}  // namespace twin
