#include "collection/exports/csv.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace twin {
namespace {

using Fields = std::vector<std::vector<std::string>>;
Fields fields_of(std::string_view text, const CsvOptions& options = {}) {
  Fields all;
  for (const CsvRow& row : read_csv(text, "x.csv", options)) all.push_back(row.fields);
  return all;
}

TEST(Csv, QuotesHoldCommasBreaksAndQuotes) {
  EXPECT_EQ(fields_of("a,b,c\r\n1,\"x,\r\ny\",\"say \"\"hi\"\"\"\r\n,,\n\nlast"),
            (Fields{{"a", "b", "c"}, {"1", "x,\r\ny", "say \"hi\""}, {"", "", ""}, {"last"}}));
  EXPECT_EQ(fields_of("\xef\xbb\xbf"
                      "a\rb\r"),
            (Fields{{"a"}, {"b"}}));
  EXPECT_EQ(fields_of("5\" disk,\"\"\n"), (Fields{{"5\" disk", ""}}));
  EXPECT_EQ(fields_of(""), Fields{});
}

TEST(Csv, RecordKeepsItsBytes) {
  const std::string text = "a,b\n1,\"two\nlines\"\n";
  const auto rows = read_csv(text, "x.csv");
  EXPECT_EQ(text.substr(rows[1].range.begin, rows[1].range.size()), "1,\"two\nlines\"");
}

TEST(Csv, BackslashBeforeQuoteWhereAskedFor) {
  EXPECT_EQ(fields_of("1,\"the \\\"tea\\\" \\ party, \"\"x\"\"\"\n", {true}),
            (Fields{{"1", "the \"tea\" \\ party, \"x\""}}));
}

TEST(Csv, QuoteThatIsNeverClosedIsRefusedWithItsLine) {
  try {
    read_csv("a\nb,\"c\nd", "x.csv");
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "x.csv: line 2: a quote that is never closed");
  }
  EXPECT_THROW(read_csv("a,b,c", "x.csv", {false, 2}), Error);
}

TEST(CsvTable, HeaderMayFollowNotes) {
  const CsvTable table("Notes:\n\"When exporting, ...\"\n\nFirst Name, Date\nAda,1843\nBob\n", "x",
                       {"date"});
  ASSERT_EQ(table.rows().size(), 2U);
  EXPECT_EQ(table.field(table.rows()[0], "first name"), "Ada");
  EXPECT_EQ(table.field(table.rows()[0], "Date"), "1843");
  EXPECT_EQ(table.field(table.rows()[1], "Date"), "");
  EXPECT_EQ(table.field(table.rows()[1], "Other"), "");
  EXPECT_THROW(CsvTable("a,b\n", "x", {"Date"}), Error);
}

}  // namespace
}  // namespace twin
