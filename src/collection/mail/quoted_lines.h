#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "collection/mail/mail_lines.h"

namespace twin {

// Marks as quoted what a reply or a forward repeats of other mails, and what introduces it:
// - lines that begin with ">", "|>" or initials ("AL> "), and what a client broke off such a line;
// - "On 5 Mar 2024, at 10:11, Bob <bob@example.org> wrote:" above them, on up to four lines; all
//   that follows it where no line is marked;
// - from "-----Original Message-----", "Forwarded message" or a block of From/Sent/To/Subject lines
//   on, the rest.
// `owners` has an entry for each line; entries are only ever changed from kAuthor to kQuoted.
void mark_quoted(std::span<const std::string_view> lines, std::vector<LineOwner>& owners);

}  // namespace twin
