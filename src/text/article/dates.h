#pragma once

#include <string>
#include <string_view>

namespace twin {

// The first date in a text as ISO 8601: with its time of day and offset where the text gives them
// the ISO way ("2015-07-24T05:36:09+01:00"), else the day alone ("2015-07-24"). Read are ISO 8601
// and its cousins (20150724, 2015/07/24), days with the month's name in a dozen languages ("24 July
// 2015", "Jul. 24th, 2015", "24 de julio de 2015", "2015年7月24日"), 24.7.2015, and 7/24/2015 where
// only one reading is a date. Empty where there is none, or none from 1900 to 2099.
std::string find_date(std::string_view text);
// The same, and where in the text it begins; npos if there is none.
struct DateInText {
  std::string iso;
  size_t begin = std::string::npos;
};
DateInText find_date_in(std::string_view text);

// The date in a link's path: ".../2015/07/24/..." or ".../2015-07-24-...". Empty if there is none.
std::string date_in_link(std::string_view link);

}  // namespace twin
