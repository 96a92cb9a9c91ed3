#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/json.h"

// Small readings that several exports share.
namespace twin {

// "2018-10-10T20:19:24Z".
std::string iso_from_epoch(int64_t seconds);
// "Wed Oct 10 20:19:24 +0000 2018" -> "2018-10-10T20:19:24+00:00"; empty for anything else.
std::string iso_from_tweet_date(std::string_view date);
// "2023-01-15 12:34:56 UTC" -> "2023-01-15T12:34:56Z", without a zone as it stands with a 'T';
// a date alone stays; empty for anything else.
std::string iso_from_spaced_date(std::string_view date);

// A string member; empty where there is none or of another type. A number member likewise; 0.
std::string text_member(const Json& object, const char* name);
int64_t number_member(const Json& object, const char* name);

// UTF-8 whose bytes were each written as a character of their own ("Ã¼" for "ü"), as Facebook's
// exports do, repaired; text that is no such thing stays.
std::string repair_mojibake(const std::string& text);

// &amp; &lt; &gt; &quot; &#39; as their characters, once.
std::string unescape_basic_entities(std::string_view text);

std::string replace_all(std::string text, std::string_view from, std::string_view to);
// Without white space at both ends.
std::string_view trim(std::string_view text);

}  // namespace twin
