#pragma once

#include <cstdint>
#include <filesystem>
#include <istream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace twin {

// One message of a mailbox, as bytes of RFC 5322.
struct StoredMessage {
  std::string_view bytes;  // valid until the next call
  uint64_t begin = 0;      // where it begins in the mailbox
  uint64_t end = 0;        // where the next begins
  bool too_long = false;   // then `bytes` are its first 64 KiB
};

// Reads an mbox file of any size from front to end: message by message, never more than one in
// memory. A message begins at a line "From " with a date in it or below a blank line, followed by a
// header. What the format did to the message (">From ", the blank line at its end) is undone.
// Source: RFC 4155; mboxo and mboxrd as Debian's mbox(5) tells them. Errors: kBadInput if the file
// cannot be read.
class MailboxReader {
 public:
  // `begin` is 0 or the end of a message.
  MailboxReader(const std::filesystem::path& path, uint64_t max_message_bytes, uint64_t begin = 0);
  // The same of a stream that stands at the mailbox's beginning; `name` is for errors.
  MailboxReader(std::unique_ptr<std::istream> stream, std::string name, uint64_t max_message_bytes,
                uint64_t begin = 0);

  // False at the end of the file.
  bool next(StoredMessage& message);

 private:
  bool read_more();
  size_t find_next() const;
  void skip_rest(StoredMessage& message);

  std::string name_;
  uint64_t max_message_bytes_;
  std::unique_ptr<std::istream> stream_;
  std::string buffer_;
  uint64_t base_ = 0;    // of the buffer in the file
  size_t position_ = 0;  // of the message in hand in the buffer
  size_t scanned_ = 0;   // no message begins before, but for that in hand
  bool end_ = false;     // all of the file is in the buffer
  std::string message_;
};

// Whether a file that begins so is a mailbox.
bool is_mailbox(std::string_view beginning);
// Whether a file that begins so is one message: headers, some of which every mail has.
bool is_message(std::string_view beginning);

}  // namespace twin
