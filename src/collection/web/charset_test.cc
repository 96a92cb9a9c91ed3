#include "collection/web/charset.h"

#include <gtest/gtest.h>

namespace twin {
namespace {

TEST(Charset, WhatIsDeclaredHoldsInItsOrder) {
  EXPECT_EQ(to_utf8("\xef\xbb\xbfna\xc3\xafve", "text/html; charset=iso-8859-1"), "na\xc3\xafve");
  EXPECT_EQ(to_utf8(std::string_view("\xff\xfeh\0i\0", 6), ""), "hi");
  EXPECT_EQ(to_utf8("na\xefve", "text/html; charset=ISO-8859-1"), "na\xc3\xafve");
  EXPECT_EQ(to_utf8("<meta charset='windows-1251'>\xcf\xf0\xe8", ""),
            "<meta charset='windows-1251'>\xd0\x9f\xd1\x80\xd0\xb8");
  EXPECT_EQ(to_utf8("<meta http-equiv=\"Content-Type\" content=\"text/html; charset=Shift_JIS\">"
                    "\x83\x65\x83\x58\x83\x67",
                    "text/html"),
            "<meta http-equiv=\"Content-Type\" content=\"text/html; charset=Shift_JIS\">テスト");
  EXPECT_EQ(to_utf8("<?xml version=\"1.0\" encoding=\"iso-8859-2\"?><a>\xb1</a>", "text/xml"),
            "<?xml version=\"1.0\" encoding=\"iso-8859-2\"?><a>ą</a>");
  EXPECT_EQ(to_utf8("\x93quoted\x94", "text/html; charset=latin1"), "“quoted”") << "as browsers do";
}

TEST(Charset, WhatIsNotDeclaredOrDoesNotHoldIsFound) {
  EXPECT_EQ(to_utf8("na\xc3\xafve", ""), "na\xc3\xafve");
  EXPECT_EQ(to_utf8("na\xefve \x97 caf\xe9", "text/html; charset=utf-8"), "naïve — café");
  EXPECT_EQ(to_utf8("plain", "text/html; charset=no-such-charset"), "plain");
  std::string long_text(1000, 'a');
  EXPECT_EQ(to_utf8(long_text + "\xff", "text/html; charset=utf-8"), long_text + "\xef\xbf\xbd");
  EXPECT_EQ(to_utf8("", ""), "");
}

}  // namespace
}  // namespace twin
