#pragma once

#include <string_view>
#include <vector>

#include "domain/document.h"

// One function a kind of private data. Each adds what it finds, in any order, overlaps included.
// Any bytes are accepted; time is linear but for a bounded factor. Thread-safe.
// What each takes for its kind, and what not: docs/features.md.
namespace twin::privacy {

using Found = std::vector<PrivateSpan>;

void find_emails(std::string_view text, Found& found);
void find_telephones(std::string_view text, Found& found);
void find_addresses(std::string_view text, Found& found);
void find_secrets(std::string_view text, Found& found);
// Names of persons in a mail or message, but `own_name`'s.
void find_names(std::string_view text, std::string_view own_name, Found& found);

}  // namespace twin::privacy
