#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collection/collector.h"
#include "collection/exports/export_source.h"
#include "collection/mail/mail_source.h"

namespace twin {

struct ExportOptions {
  // What the author is called in exports, beside the author's name: names, handles, addresses.
  std::vector<std::string> names;
  uint64_t max_file_bytes = uint64_t{50} << 20;    // of a text: an article, a note
  uint64_t max_table_bytes = uint64_t{512} << 20;  // of a file that holds many: tweets.js, a chat
};

// What a format needs to collect one export.
struct ExportRun {
  Collector& collector;
  ExportSource& source;
  const ExportOptions& options;
  ProgressBar& bar;
  // Mailboxes in an archive, left to be read with all other mail.
  std::vector<MailSource>& mail;
  size_t done = 0;  // items, for the bar

  // Calls read(), which keeps or throws; what it throws becomes the state of the file or part.
  // Errors: kInterrupted between items.
  template <class Read>
  void attempt(const std::string& item, Read read) {
    stop_if_interrupted(collector.context());
    bar.update(++done, item);
    collector.attempt(item, read);
  }
  // Says that a file was left out.
  void skip(size_t file, const std::string& reason) {
    source.mark_used(file);
    collector.refuse(source.item(file), {"skipped", reason});
  }
  // The same of `count` parts of a file or of many, as one item; nothing where there are none.
  void skip_group(const std::string& item, size_t count, std::string_view what) {
    if (count > 0) {
      collector.refuse(item, {"skipped", std::to_string(count) + ' ' + std::string(what)});
    }
  }
};

// One kind of official export, a file each.
struct ExportFormat {
  std::string_view name;  // "medium"
  // By what is in it, never by the name of the archive or folder.
  bool (*recognises)(ExportSource& source);
  // Keeps every text of the author's and says of every file it used what became of it.
  void (*collect)(ExportRun& run);
  // Who the export says it belongs to, empty where it does not.
  std::string (*author)(ExportSource& source);
};

extern const ExportFormat kMediumExport, kSubstackExport, kLinkedInExport, kTwitterExport,
    kFacebookExport, kInstagramExport, kRedditExport, kWhatsAppExport, kTelegramExport,
    kSlackExport, kTakeoutExport, kNotesExport;

}  // namespace twin
