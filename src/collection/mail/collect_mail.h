#pragma once

#include <string>
#include <vector>

#include "collection/collector.h"
#include "collection/mail/mail_source.h"

namespace twin {

struct MailOptions {
  std::vector<std::string> addresses;  // the author's; empty: those with the author's name
  uint64_t max_message_bytes = 50 << 20;
};

// Collects the author's own mails: those From one of the author's addresses that somebody wrote by
// hand and sent. Each is an item and a document "mid:MESSAGE-ID", whatever mailbox it is in:
// further copies are the same one. Its verbatim text is what the author wrote, without quotations
// and signature. Others' mails are counted, never stored. Each source is an item with what was
// found; while a mailbox is read, its item says how far, and a later run goes on from there. Notes
// in the report which addresses were taken for the author's. Errors: kInterrupted between messages.
void collect_mail(Collector& collector, const std::vector<MailSource>& sources,
                  const MailOptions& options);

}  // namespace twin
