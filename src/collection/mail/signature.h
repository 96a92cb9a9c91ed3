#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "collection/mail/mail_lines.h"

namespace twin {

// Marks what stands below a mail without being written for it. Runs after mark_quoted(): a stretch
// is the author's lines between two quotations.
// - from "-- " on, the rest of the stretch; from "--" or a drawn rule where little follows it;
// - below the author's name, contact lines (telephone, address, site) to the end of the stretch;
// - "Sent from my iPhone" and its like;
// - footers of lists and virus scanners, and lawyers' notices.
// `author` is the full name. Entries are only ever changed from kAuthor.
void mark_signature(std::span<const std::string_view> lines, std::string_view author,
                    std::vector<LineOwner>& owners);

}  // namespace twin
