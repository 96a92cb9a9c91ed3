#pragma once

#include <string>

#include "base/json.h"

namespace twin {

// The text of a message of Telegram's export as Markdown: text_entities, or text (a string, or a
// list of strings and entities) in exports made before they were. Bold, italic, struck through,
// code, quotations and links with a text become their marks; mentions, hashtags, addresses, plain
// links, spoilers and custom emoji are their text.
std::string telegram_markdown(const Json& message);

}  // namespace twin
