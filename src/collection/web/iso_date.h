#pragma once

#include <string>
#include <string_view>

namespace twin {

// The dates of feeds and sitemaps as ISO 8601: "Tue, 07 May 2024 09:30:00 +0200" (RFC 822, also
// with two digits for the year, without the weekday or the seconds, with EST and its like) is
// "2024-05-07T09:30:00+02:00"; RFC 3339 and its shorter forms ("2024-05", "2024-05-07",
// "2024-05-07 09:30") stay what they are, with a T. A time without a zone gets none. Empty for what
// is neither, and for days and times that do not exist.
std::string iso_date(std::string_view text);

}  // namespace twin
