#pragma once

#include <cstddef>

#include "collection/exports/export_format.h"

namespace twin {

// Whether a file of an archive is a mailbox: named "*.mbox" or without a suffix, as Thunderbird's
// are, and by its content.
bool is_packed_mailbox(ExportSource& source, size_t file);

// Adds it to the run's mail. One in an archive within the archive is refused, with what to do.
void leave_to_mail(ExportRun& run, size_t file);

}  // namespace twin
