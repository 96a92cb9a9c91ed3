#include "text/article/filler.h"

#include <gtest/gtest.h>

namespace twin {
namespace {

TEST(Filler, LinesOfTheSiteAreToldFromTheAuthors) {
  for (const char* text : {"ADVERTISEMENT", "Continue reading the main story",
                           "Share this article:", "Related Stories"}) {
    EXPECT_TRUE(is_filler(text, false)) << text;
  }
  EXPECT_TRUE(is_filler("Read more: The bell in the yard", true));
  EXPECT_TRUE(is_filler("À lire aussi La cloche", true));
  for (const char* text : {"", "Read more: I did, and it was good", "An advertisement hung there.",
                           "Share your bread.", "More light!"}) {
    EXPECT_FALSE(is_filler(text, false)) << text;
  }
}

}  // namespace
}  // namespace twin
