#include <fmt/format.h>

#include <map>

#include "collection/exports/export_format.h"
#include "collection/exports/packed_mail.h"

// Google Takeout: Takeout/archive_browser.html, and a folder for each service. Of it the mail is
// read, from Takeout/Mail/*.mbox, whatever the user's language calls these. The rest is mostly
// records of other kinds; what is writing among it (Drive) is read from the unpacked folder.
// Source: https://support.google.com/accounts/answer/3024190.
namespace twin {
namespace {

constexpr std::string_view kRoot = "Takeout/";

bool recognises(ExportSource& source) {
  if (!source.packed() || source.matching(kRoot, "").empty()) return false;
  return source.find("Takeout/archive_browser.html") || !source.matching(kRoot, ".mbox").empty();
}

void collect(ExportRun& run) {
  std::map<std::string, size_t> others;  // by service
  for (size_t i = 0; i < run.source.files().size(); ++i) {
    const ExportSource::File& file = run.source.files()[i];
    if (!file.refused.empty()) continue;
    if (is_packed_mailbox(run.source, i)) {
      leave_to_mail(run, i);
    } else if (const size_t slash = file.path.find('/', kRoot.size()); slash != file.path.npos) {
      run.source.mark_used(i);
      ++others[file.path.substr(0, slash + 1)];
    }
  }
  for (const auto& [folder, count] : others) {
    run.skip_group(run.source.where() + '/' + folder, count,
                   "files; of a Takeout only mailboxes are read: where this is the author's "
                   "writing, unpack the archive and collect this folder");
  }
}

std::string author(ExportSource&) { return {}; }

}  // namespace

const ExportFormat kTakeoutExport = {"takeout", recognises, collect, author};

}  // namespace twin
