#include "collection/link_list.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace twin {
namespace {

std::string error_of(std::string_view yaml) {
  try {
    parse_link_list(yaml, "f.yaml");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadInput);
    return error.what();
  }
  return "none";
}

TEST(LinkList, TheReferenceSystemsFileIsRead) {
  const LinkList list = parse_link_list(
      "settings:\n  docker:\n    parent_image: x\nparameters:\n"
      "  user_full_name: Ada Lovelace # [First Name(s)] [Last Name]\n  links:\n    # Blog\n"
      "    - https://ada.example.com/p/one\n    - https://github.com/ada/engine\n"
      "    - https://ada.example.com/p/one\n",
      "f.yaml");
  EXPECT_EQ(list.user_full_name, "Ada Lovelace");
  EXPECT_EQ(list.links, (std::vector<std::string>{"https://ada.example.com/p/one",
                                                  "https://github.com/ada/engine"}));
  EXPECT_EQ(parse_link_list("user_full_name: A B\nlinks: [http://x.test]\n", "f").links.size(), 1u);
}

TEST(LinkList, ErrorsNameFileAndLine) {
  EXPECT_EQ(error_of("parameters:\n  user_full_name: A\n  links:\n    - https://x.test\n    - x\n"),
            "f.yaml:5: 'x' is no http:// or https:// link");
  EXPECT_EQ(error_of("parameters:\n  user_full_name: A\n"),
            "f.yaml:2: 'links' is missing: a list of links");
  EXPECT_EQ(error_of("links: [https://x.test]\n"),
            "f.yaml:1: 'user_full_name' is missing: the author's full name");
  EXPECT_EQ(error_of("user_full_name: A\nlinks: https://x.test\n"),
            "f.yaml:2: 'links' is no list of links");
  EXPECT_EQ(error_of("a: [1\nb: 2"), "f.yaml:2: end of sequence flow not found");
  EXPECT_TRUE(error_of("").starts_with("f.yaml"));
  EXPECT_TRUE(error_of("- a\n- b\n").starts_with("f.yaml:1: expected"));
}

}  // namespace
}  // namespace twin
