#pragma once

#include <map>
#include <string>
#include <string_view>

namespace twin {

// Slack's own marks (mrkdwn) as Markdown: *bold*, ~struck~, <https://x|label>, <#C1|channel>,
// <!here>, <@U1> as the name in `names` (by user id), &amp; &lt; &gt;. Code stays as it is.
// Source: https://api.slack.com/reference/surfaces/formatting.
std::string slack_markdown(std::string_view text, const std::map<std::string, std::string>& names);

}  // namespace twin
