#include "features/names.h"

#include <gtest/gtest.h>

namespace twin {
namespace {

TEST(Names, FormsOfOneNameAreOnePerson) {
  for (const char* form : {"Phil Haack", "PHIL HAACK", "Haack, Phil", "Philip Haack", "P. Haack",
                           "Phil A. Haack", "philhaack", "phaack", "haacked", "Dr. Phil Haack"}) {
    EXPECT_TRUE(same_person(form, "Phil Haack")) << form;
    EXPECT_TRUE(same_person("Phil Haack", form)) << form;
  }
  EXPECT_TRUE(same_person("Bill Gates", "William Gates"));
  EXPECT_TRUE(same_person("Jürgen Müller", "Jurgen Muller"));
  EXPECT_TRUE(same_person("Gabriel García Márquez", "Gabriel Garcia"));
}

TEST(Names, OthersAreNot) {
  for (const char* other : {"Scott Hanselman", "Philip Roth", "Anna Haack", "scott", "", "..."}) {
    EXPECT_FALSE(same_person(other, "Phil Haack")) << other;
  }
}

TEST(Names, ABylineHasItsPersons) {
  using List = std::vector<std::string>;
  EXPECT_EQ(persons_of("By Ada Lovelace"), List{"Ada Lovelace"});
  EXPECT_EQ(persons_of("Written by Ada Lovelace and Charles Babbage"),
            (List{"Ada Lovelace", "Charles Babbage"}));
  EXPECT_EQ(persons_of("Ada Lovelace, Charles Babbage & Mary Somerville").size(), 3u);
  EXPECT_EQ(persons_of("Lovelace, Ada"), List{"Lovelace, Ada"});
  EXPECT_EQ(persons_of("Ada Lovelace <ada@lovelace.org>").size(), 1u);
  EXPECT_EQ(persons_of("admin"), List{});
  EXPECT_EQ(persons_of("The Editors"), List{});
  EXPECT_EQ(persons_of(""), List{});
}

}  // namespace
}  // namespace twin
