#include "collection/web/iso_date.h"

#include <gtest/gtest.h>

namespace twin {
namespace {

TEST(IsoDate, DatesOfMailBecomeIso) {
  EXPECT_EQ(iso_date("Tue, 07 May 2024 09:30:00 +0200"), "2024-05-07T09:30:00+02:00");
  EXPECT_EQ(iso_date("Tue, 7 May 2024 09:30:00 GMT"), "2024-05-07T09:30:00Z");
  EXPECT_EQ(iso_date(" 07 May 24 09:30 EST\n"), "2024-05-07T09:30:00-05:00");
  EXPECT_EQ(iso_date("Tuesday, 07-May-1996 09:30:00 UT"), "1996-05-07T09:30:00Z");
  EXPECT_EQ(iso_date("Wed, 31 Dec 98 23:59:60 Z"), "1998-12-31T23:59:59Z");
  EXPECT_EQ(iso_date("07 September 2024"), "2024-09-07");
  EXPECT_EQ(iso_date("Tue, 07 May 2024 09:30:00"), "2024-05-07T09:30:00");
}

TEST(IsoDate, DatesOfTheInternetStay) {
  EXPECT_EQ(iso_date("2024-05-07T09:30:00Z"), "2024-05-07T09:30:00Z");
  EXPECT_EQ(iso_date("2024-05-07t09:30:00.123456+05:30"), "2024-05-07T09:30:00+05:30");
  EXPECT_EQ(iso_date("2024-05-07T09:30+0530"), "2024-05-07T09:30:00+05:30");
  EXPECT_EQ(iso_date("2024-05-07 09:30:15"), "2024-05-07T09:30:15");
  EXPECT_EQ(iso_date("2024-05-07 09:30:15 +0000"), "2024-05-07T09:30:15+00:00");
  EXPECT_EQ(iso_date("2024-05-07"), "2024-05-07");
  EXPECT_EQ(iso_date("2024-05"), "2024-05");
  EXPECT_EQ(iso_date("2024"), "2024");
}

TEST(IsoDate, WhatIsNoDateIsEmpty) {
  for (const char* text :
       {"", " ", "yesterday", "2024-02-30", "2024-13-01", "31 Foo 2024", "Tue,",
        "2024-05-07T25:00:00Z", "07 May 2024 09", "20240507", "0000-00-00T00:00:00Z", "1. May"}) {
    EXPECT_EQ(iso_date(text), "") << text;
  }
}

}  // namespace
}  // namespace twin
