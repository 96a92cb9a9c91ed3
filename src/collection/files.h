#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/context.h"
#include "collection/report.h"
#include "domain/author.h"
#include "stores/documents/document_store.h"

namespace twin {

struct FileOptions {
  uint64_t max_file_bytes = 50 << 20;  // of a mailbox: of each mail
  // What the author is called in official exports, beside the author's name.
  std::vector<std::string> own_names;
  // Whose mails are the author's; empty: those from addresses that bear the author's name.
  std::vector<std::string> mail_addresses;
};

// Collects an author's files and folders into the store: Markdown (.md .markdown .mdown), HTML
// (.html .htm .xhtml) and plain text (.txt) by their names; by their content mailboxes, Maildir
// folders and single mails (mail/collect_mail.h), documents of office programs
// (documents/collect_document.h), archives, and official exports of platforms packed or as their
// folders (exports/exports.h). Each file is an item with its state and reason, whatever becomes of
// it: what cannot be read, is too long, binary, not UTF-8 or of another kind is skipped or failed
// and the rest goes on. Hidden folders are one skipped item each; a folder reached twice (a link
// back up) is visited once. Files are taken in the order of their paths. Of folders that Hugo or
// Jekyll make sites of (site_folder.h), the published pages alone are taken. Errors: kInterrupted
// between files; kUsage where a path does not exist.
CollectionReport collect_files(Context& context, DocumentStore& store, const Author& author,
                               const std::vector<std::filesystem::path>& paths,
                               const FileOptions& options);

}  // namespace twin
