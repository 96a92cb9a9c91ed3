#include "collection/exports/packed_mail.h"

#include <filesystem>

#include "collection/mail/mailbox.h"
#include "text/unicode.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

constexpr size_t kHeadBytes = 4 << 10;

}  // namespace

bool is_packed_mailbox(ExportSource& source, size_t file) {
  if (!source.packed()) return false;
  const std::string suffix = lower(fs::path(source.files()[file].path).extension().string());
  return (suffix.empty() || suffix == ".mbox") && is_mailbox(source.head(file, kHeadBytes));
}

void leave_to_mail(ExportRun& run, size_t file) {
  run.source.mark_used(file);
  if (!fs::is_regular_file(run.source.where())) {
    run.collector.refuse(run.source.item(file),
                         {"failed",
                          "a mailbox in an archive that lies in another; unpack the "
                          "outer one and collect its folder"});
    return;
  }
  run.mail.push_back({MailSourceKind::kMailbox, run.source.item(file), run.source.where(),
                      run.source.files()[file].path});
}

}  // namespace twin
