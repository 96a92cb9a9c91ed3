#include "training/datasets/cut_to_length.h"

#include <gtest/gtest.h>

#include "engine/formats/model_folder.h"

namespace twin {
namespace {

class CutToLength : public ::testing::Test {
 protected:
  size_t tokens(std::string_view text) const { return tokenizer_->encode(text).size(); }
  std::string cut(std::string_view text, size_t wanted) const {
    return std::string(cut_to_length(*tokenizer_, text, wanted));
  }

  std::shared_ptr<const Tokenizer> tokenizer_ =
      load_tokenizer(std::filesystem::path(TWIN_SOURCE_DIR) / "tests/golden/chat_model");
};

TEST_F(CutToLength, TheNearestSentenceEndsIt) {
  const std::string one = "The glue was warm.", two = one + " The wood was not, and so it split.",
                    three = two + " Nobody was to blame for that, they said.";
  const std::string text = three + " And then the";
  EXPECT_EQ(cut(text, tokens(two)), two);
  EXPECT_EQ(cut(text, tokens(two) + 2), two) << "above";
  EXPECT_EQ(cut(text, tokens(two) - 2), two) << "below";
  EXPECT_EQ(cut(text, tokens(three)), three);
  EXPECT_EQ(cut("  " + one + "  \n\n" + text, tokens(one)), one) << "without white space around";
}

TEST_F(CutToLength, WithoutASentenceNearWholeWordsDo) {
  std::string text;
  for (int i = 0; i < 60; ++i) text += "word and ";
  const std::string found = cut(text, 40);
  EXPECT_LE(tokens(found), 42u);
  EXPECT_GE(tokens(found), 38u);
  EXPECT_TRUE(found.ends_with("word") || found.ends_with("and")) << found;
}

TEST_F(CutToLength, TheLastSentenceIsNotTakenForWhole) {
  EXPECT_EQ(cut("It is done. It is", tokens("It is done.")), "It is done.");
  EXPECT_EQ(cut("", 5), "");
  EXPECT_EQ(cut("unbroken", 1), "unbroken");
  const std::string link(60, 'x');
  EXPECT_EQ(cut("a b c d e f g " + link + " h", 20), "a b c d e f g") << "nearer than " << link;
}

}  // namespace
}  // namespace twin
