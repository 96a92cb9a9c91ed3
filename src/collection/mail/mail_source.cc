#include "collection/mail/mail_source.h"

#include <algorithm>
#include <fstream>

#include "base/files.h"
#include "collection/archive/archive.h"
#include "collection/collector.h"
#include "collection/file_text.h"
#include "collection/mail/mail_kind.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

constexpr size_t kHeadBytes = 64 << 10;
constexpr size_t kBeginningBytes = 16 << 10;  // what a file's kind is told by

std::string beginning_of(const fs::path& file) {
  std::error_code error;
  if (!fs::is_regular_file(file, error)) return {};
  std::string bytes(kBeginningBytes, '\0');
  std::ifstream stream(file, std::ios::binary);
  stream.read(bytes.data(), kBeginningBytes);
  bytes.resize(static_cast<size_t>(stream.gcount()));
  return bytes;
}

uint64_t size_of(const fs::path& file) {
  std::error_code error;
  const uintmax_t size = fs::file_size(file, error);
  return error ? 0 : size;
}

class Mailbox : public MessageReader {
 public:
  Mailbox(MailboxReader reader, uint64_t size, const fs::path& path)
      : reader_(std::move(reader)),
        path_(path.string()),
        not_written_(folder_reason(path)),
        size_(size) {}

  bool next(FoundMessage& message) override {
    message.path = path_;
    message.not_written = not_written_;
    return reader_.next(message.stored);
  }
  uint64_t total_bytes() const override { return size_; }

 private:
  // "Drafts.mbox", and Apple Mail's "Drafts.mbox/mbox".
  static std::string folder_reason(const fs::path& path) {
    std::string reason = why_not_written(path.stem().string());
    if (reason.empty() && path.filename() == "mbox") {
      reason = why_not_written(path.parent_path().stem().string());
    }
    return reason;
  }

  MailboxReader reader_;
  std::string path_, not_written_;
  uint64_t size_;
};

class PackedMailbox : public MessageReader {
 public:
  PackedMailbox(const MailSource& source, uint64_t max_message_bytes, uint64_t begin)
      : archive_(source.archive),
        member_(member_of(archive_, source.member)),
        mailbox_(
            MailboxReader(archive_.stream(member_), source.path.string(), max_message_bytes, begin),
            archive_.members()[member_].bytes.value_or(0), source.path) {}

  bool next(FoundMessage& message) override { return mailbox_.next(message); }
  uint64_t total_bytes() const override { return mailbox_.total_bytes(); }

 private:
  static size_t member_of(const Archive& archive, const std::string& path) {
    const std::optional<size_t> member = archive.find(path);
    if (!member) throw Refusal{"failed", "no longer in the archive"};
    return *member;
  }

  Archive archive_;
  size_t member_;
  Mailbox mailbox_;
};

// Files of one message each.
class MessageFiles : public MessageReader {
 public:
  MessageFiles(std::vector<fs::path> files, uint64_t max_message_bytes)
      : files_(std::move(files)), max_message_bytes_(max_message_bytes) {
    for (const fs::path& file : files_) total_bytes_ += size_of(file);
  }

  bool next(FoundMessage& message) override {
    if (next_ == files_.size()) return false;
    const fs::path& file = files_[next_++];
    const uint64_t size = size_of(file);
    message = {};
    message.path = file.string();
    message.not_written = reason_of(file);
    message.stored.begin = done_;
    message.stored.end = done_ += size;
    message.stored.too_long = size > max_message_bytes_;
    if (message.stored.too_long) {
      bytes_.resize(kHeadBytes);
      std::ifstream(file, std::ios::binary).read(bytes_.data(), kHeadBytes);
    } else {
      bytes_ = read_file(file, max_message_bytes_);
    }
    message.stored.bytes = without_count(bytes_);
    return true;
  }
  uint64_t total_bytes() const override { return total_bytes_; }

 private:
  // Maildir: flags behind ":2,", which Windows writes as ";2," or "!2,"; T is trashed, D a draft.
  // The folder is that above cur/ or new/.
  static std::string reason_of(const fs::path& file) {
    const std::string name = file.filename().string();
    const size_t flags = name.rfind("2,");
    if (flags != std::string::npos && flags > 0 &&
        std::string_view(":;!").find(name[flags - 1]) != std::string_view::npos) {
      if (name.find('D', flags) != std::string::npos) return "a draft";
      if (name.find('T', flags) != std::string::npos) return "deleted";
    }
    const fs::path folder = file.parent_path();
    if (folder.filename() != "cur" && folder.filename() != "new") return {};
    return why_not_written(folder.parent_path().filename().string());
  }

  // Apple Mail's .emlx: a line with the message's length, the message, a property list.
  static std::string_view without_count(std::string_view bytes) {
    const size_t line = bytes.find('\n');
    if (line == 0 || line > 20) return bytes;
    size_t count = 0;
    for (const char c : bytes.substr(0, line)) {
      if (c == ' ') continue;
      if (c < '0' || c > '9' || count > bytes.size()) return bytes;
      count = count * 10 + static_cast<size_t>(c - '0');
    }
    return bytes.substr(line + 1, count);
  }

  std::vector<fs::path> files_;
  uint64_t max_message_bytes_;
  uint64_t total_bytes_ = 0, done_ = 0;
  size_t next_ = 0;
  std::string bytes_;
};

// Of a Maildir and the folders in it, in the order of their paths.
std::vector<fs::path> files_of_maildir(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  const auto options = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator it(folder, options, error), end; !error && it != end;
       it.increment(error)) {
    const fs::path parent = it->path().parent_path().filename();
    if ((parent == "cur" || parent == "new") && it->is_regular_file(error)) {
      files.push_back(it->path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

std::unique_ptr<MessageReader> open_mail(const MailSource& source, uint64_t max_message_bytes,
                                         uint64_t begin) {
  switch (source.kind) {
    case MailSourceKind::kMailbox:
      if (!source.archive.empty()) {
        return std::make_unique<PackedMailbox>(source, max_message_bytes, begin);
      }
      return std::make_unique<Mailbox>(MailboxReader(source.path, max_message_bytes, begin),
                                       size_of(source.path), source.path);
    case MailSourceKind::kMaildir:
      return std::make_unique<MessageFiles>(files_of_maildir(source.path), max_message_bytes);
    case MailSourceKind::kMessage:
      break;
  }
  return std::make_unique<MessageFiles>(std::vector{source.path}, max_message_bytes);
}

bool is_maildir(const fs::path& folder) {
  std::error_code error;
  return fs::is_directory(folder / "cur", error) && fs::is_directory(folder / "new", error);
}

std::optional<MailSource> mail_source(const fs::path& file) {
  if (file_kind(file) != FileKind::kOther) return std::nullopt;
  const std::string beginning = beginning_of(file);
  if (is_mailbox(beginning)) return MailSource{MailSourceKind::kMailbox, file};
  std::string_view message = beginning;
  if (file.extension() == ".emlx" && !message.empty()) {
    message.remove_prefix(std::min(message.find('\n'), message.size() - 1) + 1);
  }
  if (is_message(message)) return MailSource{MailSourceKind::kMessage, file};
  return std::nullopt;
}

}  // namespace twin
