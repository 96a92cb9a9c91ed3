#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "collection/mail/mailbox.h"

namespace twin {

enum class MailSourceKind {
  kMailbox,  // an mbox file
  kMaildir,  // a folder with cur/ and new/, and the folders in it
  kMessage,  // one message: .eml, or Apple Mail's .emlx
};

struct MailSource {
  MailSourceKind kind;
  std::filesystem::path path;          // the item's name; in an archive as if that were a folder
  std::filesystem::path archive = {};  // that a mailbox lies in; empty where it is a file
  std::string member = {};             // its path in the archive
};

// A message and where it was found.
struct FoundMessage {
  StoredMessage stored;
  std::string path;         // file it is in
  std::string not_written;  // "a draft", "spam", "deleted" by its folder or flags; else empty
};

// The messages of a source, one by one. Begins and ends count bytes of the whole source, so that
// they show how far one has come. Errors: kBadInput where the source cannot be read.
class MessageReader {
 public:
  virtual ~MessageReader() = default;
  virtual bool next(FoundMessage& message) = 0;
  virtual uint64_t total_bytes() const = 0;
};

// `begin`: of a mailbox where a message ends, to go on from there; else 0.
std::unique_ptr<MessageReader> open_mail(const MailSource& source, uint64_t max_message_bytes,
                                         uint64_t begin = 0);

// Whether a folder is a Maildir.
bool is_maildir(const std::filesystem::path& folder);

// The mail that a file holds, by its content; none where it is of another kind.
std::optional<MailSource> mail_source(const std::filesystem::path& file);

}  // namespace twin
