#include "cli/author_aliases.h"

#include <gtest/gtest.h>

namespace twin {
namespace {

TEST(NamesIn, CommasPartNamesAndSpacesAroundThemAreNone) {
  EXPECT_EQ(names_in("G. K. C., haacked ,, Ada  Byron"),
            (std::vector<std::string>{"G. K. C.", "haacked", "Ada  Byron"}));
  EXPECT_TRUE(names_in(" , ").empty());
  EXPECT_TRUE(names_in("").empty());
}

}  // namespace
}  // namespace twin
