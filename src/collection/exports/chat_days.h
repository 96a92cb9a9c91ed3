#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collection/exports/export_format.h"

namespace twin {

// A message of the author's in a chat.
struct OwnMessage {
  std::string text;  // Markdown
  std::string raw;   // its bytes in the export
  std::string date;  // ISO 8601, its day first
};

struct ChatExtract {
  std::string_view platform, extractor, media_type;
  std::string chat;  // what tells it from the author's other chats
  std::string item;  // the file it stands in
};

// Keeps an author's own messages of one chat, those of a day as one document of the genre
// "message": raw are the bytes of these messages alone, verbatim their texts with a blank line
// between. The link is PLATFORM:CHAT/DAY, so that a later export of the chat meets the same
// documents. What others wrote is in neither.
void keep_chat_days(ExportRun& run, const ChatExtract& chat,
                    const std::vector<OwnMessage>& messages);

// Which of the writers of chats the author is: the one named in `options.names`, else the one of
// the author's full name, else the only one whose name is part of it ("Ada" of "Ada Lovelace").
// Case and compatibility forms do not count. Errors: Refusal that lists the writers, if none.
std::string own_name(const ExportRun& run, const std::vector<std::string>& writers);

// The same for one name alone, without the part of a name.
bool is_own_name(const ExportRun& run, std::string_view name);

}  // namespace twin
