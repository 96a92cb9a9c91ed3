#include "text/front_matter.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "text/markdown.h"

namespace twin {
namespace {

using List = std::vector<std::string>;

TEST(FrontMatterFormats, TomlBetweenPlusSigns) {
  const std::string text =
      "+++\ntitle = \"On: engines\"\ndate = 1843-07-31T10:00:00+02:00\ndraft = true\n"
      "tags = ['a', 'b']\n[[authors]]\nname = 'Ada Lovelace'\n[params]\nSlug = 'x'\n+++\nText.\n";
  const FrontMatter front = front_matter(text);
  EXPECT_EQ(front.error, "");
  EXPECT_EQ(text.substr(front.range.end), "Text.\n");
  EXPECT_EQ(front.title, "On: engines");
  EXPECT_EQ(front.date, "1843-07-31T10:00:00+02:00");
  EXPECT_EQ(front.tags, (List{"a", "b"}));
  EXPECT_EQ(front.authors, List{"Ada Lovelace"});
  EXPECT_EQ(front.one("draft"), "true");
  EXPECT_EQ(front.one("params.slug"), "x");
  EXPECT_EQ(front_matter("+++\ndate = 2024-01-02\n+++\n").date, "2024-01-02");
  EXPECT_EQ(markdown_blocks(text)[0].kind, BlockKind::kFrontMatter);
}

TEST(FrontMatterFormats, JsonWithBracesOnLinesOfTheirOwn) {
  const std::string text =
      "{\n\"title\": \"T\", \"draft\": false,\n\"author\": {\"name\": \"Ada\"}\n}\n\nText.\n";
  const FrontMatter front = front_matter(text);
  EXPECT_EQ(front.title, "T");
  EXPECT_EQ(front.one("draft"), "false");
  EXPECT_EQ(front.authors, List{"Ada"});
  EXPECT_EQ(text.substr(front.range.end), "\nText.\n");
  EXPECT_EQ(front_matter("{\nnot json\n}\n").range.size(), 0u);
  EXPECT_EQ(front_matter("{% include x %}\n").range.size(), 0u);
}

TEST(FrontMatterFormats, YamlAuthorsOfAllShapes) {
  EXPECT_EQ(front_matter("---\nauthor: Ada\n---\n").authors, List{"Ada"});
  EXPECT_EQ(front_matter("---\nauthor:\n  name: Ada\n---\n").authors, List{"Ada"});
  EXPECT_EQ(front_matter("---\nauthors:\n- name: Ada\n- Bob\n---\n").authors, (List{"Ada", "Bob"}));
}

TEST(FrontMatterFormats, HostileOnesCostTheValuesAlone) {
  std::string bomb = "---\na: &a [x, x, x, x, x, x, x, x, x, x]\n";
  for (char c = 'b'; c < 'j'; ++c) {
    bomb += std::string(1, c) + ": &" + c + " [";
    for (int i = 0; i < 10; ++i)
      bomb += std::string(i == 0 ? "*" : ", *") + static_cast<char>(c - 1);
    bomb += "]\n";
  }
  const FrontMatter front = front_matter(bomb + "---\n");
  size_t values = 0;
  for (const auto& [key, list] : front.values) values += list.size();
  EXPECT_LE(values, 1000u);
  EXPECT_NE(front_matter("+++\na = \n+++\nText").error, "");
  EXPECT_NE(front_matter("+++\na = " + std::string(5000, '[') + "\n+++\n").error, "");
}

TEST(ReadValues, ErrorsNameFileAndLine) {
  EXPECT_EQ(read_values("a: 1\nb:\n  c: x\n", "c.yml").at("b.c"), List{"x"});
  try {
    read_values("a = 1\nb = \n", "hugo.toml");
    FAIL();
  } catch (const Error& error) {
    EXPECT_TRUE(std::string(error.what()).starts_with("hugo.toml:2")) << error.what();
  }
}

}  // namespace
}  // namespace twin
