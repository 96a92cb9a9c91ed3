#pragma once

#include <string_view>

#include "cli/command.h"
#include "collection/report.h"

namespace twin {

// Says how many items came to which state, and where to read why: on the terminal and as JSON
// ({"items": {"new": 76, ...}, "total": 76, "notes": [...]}).
void print_collection_report(Session& session, std::string_view verb,
                             const CollectionReport& report);

}  // namespace twin
