#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "collection/collector.h"
#include "collection/exports/export_format.h"

namespace twin {

// The official exports that are known, in the order in which they are tried.
std::span<const ExportFormat* const> export_formats();

// Collects `path` if it is an official export (an archive or its folder), an archive of Markdown,
// HTML and text files, or a chat (a .txt or .json file alone); false where it is none of these, and
// nothing was noted. An archive that cannot be read is a failed item. Files of an export that are
// no writing are skipped as one item for each of its folders. Mailboxes that lie in an archive are
// added to `mail` for collect_mail(), which reads all mail together.
// Errors: kInterrupted between items.
bool collect_export(Collector& collector, const std::filesystem::path& path,
                    const ExportOptions& options, std::vector<MailSource>& mail);

// Whether the name ends as an archive's or a compressed file's does.
bool is_archive_name(const std::filesystem::path& path);

// Why such a file, of which collect_export() said false, is not collected.
Refusal refusal_of_archive(const std::filesystem::path& path);

// Whether a file of that name in a folder of others is to be tried as an export: an archive, or a
// chat's text, in which the words of others stand.
bool may_be_export_name(const std::filesystem::path& path);

// The full name of whom the export at `path` belongs to; empty where it is none or does not say.
std::string export_author(const std::filesystem::path& path);

}  // namespace twin
