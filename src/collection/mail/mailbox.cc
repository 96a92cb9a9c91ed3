#include "collection/mail/mailbox.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>

#include "base/error.h"
#include "text/unicode.h"

namespace twin {
namespace {

constexpr size_t kReadBytes = 4 << 20;
constexpr size_t kMaxFromLine = 512;  // what a separator and the line below it take at most
constexpr size_t kKeptOfTooLong = 64 << 10;

std::string_view line_at(std::string_view text, size_t begin) {
  const size_t end = std::min(text.find('\n', begin), text.size());
  std::string_view line = text.substr(begin, end - begin);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// "Name: value", as RFC 5322 has header fields.
bool is_header(std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  return std::all_of(line.begin(), line.begin() + static_cast<long>(colon),
                     [](char c) { return c > ' ' && c < 0x7f; });
}

// A weekday, and then a month: "From ada@example.org Tue Mar  5 10:11:12 2024".
bool has_date(std::string_view line) {
  static constexpr std::array<std::string_view, 7> kDays = {" Mon ", " Tue ", " Wed ", " Thu ",
                                                            " Fri ", " Sat ", " Sun "};
  static constexpr std::array<std::string_view, 12> kMonths = {
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  for (const std::string_view day : kDays) {
    const size_t at = line.find(day);
    if (at == std::string_view::npos) continue;
    const std::string_view month = line.substr(std::min(at + 5, line.size()), 3);
    return std::find(kMonths.begin(), kMonths.end(), month) != kMonths.end();
  }
  return false;
}

// Whether the line at `begin` parts two messages.
bool is_separator(std::string_view text, size_t begin) {
  if (!text.substr(begin).starts_with("From ")) return false;
  const std::string_view line = line_at(text, begin);
  if (line.size() >= kMaxFromLine) return false;
  const size_t below = text.find('\n', begin);
  const std::string_view next =
      below == std::string_view::npos ? std::string_view() : line_at(text, below + 1);
  const bool header = is_header(next) || next.starts_with(">From ");
  const std::string_view before = text.substr(0, begin);
  const bool blank_before = begin == 0 || before.ends_with("\n\n") || before.ends_with("\n\r\n");
  const bool date = has_date(line);
  return (date && (header || blank_before)) || (blank_before && header);
}

// Undoes the escaping of lines that would part messages.
void append_unescaped(std::string& out, std::string_view message) {
  while (!message.empty()) {
    const size_t end = std::min(message.find('\n'), message.size() - 1) + 1;
    std::string_view line = message.substr(0, end);
    message.remove_prefix(end);
    const size_t marks = line.find_first_not_of('>');
    if (marks > 0 && marks != std::string_view::npos && line.substr(marks).starts_with("From ")) {
      line.remove_prefix(1);
    }
    out += line;
  }
}

}  // namespace

MailboxReader::MailboxReader(const std::filesystem::path& path, uint64_t max_message_bytes,
                             uint64_t begin)
    : name_(path.string()),
      max_message_bytes_(max_message_bytes),
      stream_(std::make_unique<std::ifstream>(path, std::ios::binary)),
      base_(begin) {
  stream_->seekg(static_cast<std::streamoff>(begin));
  if (!*stream_) throw Error(ErrorCode::kBadInput, fmt::format("{}: cannot be read", name_));
}

MailboxReader::MailboxReader(std::unique_ptr<std::istream> stream, std::string name,
                             uint64_t max_message_bytes, uint64_t begin)
    : name_(std::move(name)),
      max_message_bytes_(max_message_bytes),
      stream_(std::move(stream)),
      base_(begin) {
  stream_->ignore(static_cast<std::streamsize>(begin));
}

bool MailboxReader::read_more() {
  if (end_) return false;
  // What is behind us is dropped, but for the two bytes that a separator looks back on.
  const size_t done = position_ > 3 ? position_ - 3 : 0;
  buffer_.erase(0, done);
  base_ += done;
  position_ -= done;
  scanned_ -= std::min(scanned_, done);
  const size_t size = buffer_.size();
  buffer_.resize(size + kReadBytes);
  stream_->read(buffer_.data() + size, kReadBytes);
  if (stream_->bad()) throw Error(ErrorCode::kBadInput, fmt::format("{}: cannot be read", name_));
  buffer_.resize(size + static_cast<size_t>(stream_->gcount()));
  end_ = buffer_.size() < size + kReadBytes;
  return true;
}

// Where in the buffer the next message begins; npos if not before its last bytes.
size_t MailboxReader::find_next() const {
  const std::string_view text = buffer_;
  const size_t limit = end_ ? text.size() : text.size() - std::min(text.size(), 2 * kMaxFromLine);
  static constexpr std::string_view kMark = "\nFrom ";
  size_t at = scanned_;
  while (at < limit) {
    const void* found = memmem(text.data() + at, text.size() - at, kMark.data(), kMark.size());
    if (found == nullptr) break;
    const auto begin = static_cast<size_t>(static_cast<const char*>(found) - text.data()) + 1;
    if (begin > limit) break;
    if (is_separator(text, begin)) return begin;
    at = begin;
  }
  return std::string_view::npos;
}

void MailboxReader::skip_rest(StoredMessage& message) {
  message.too_long = true;
  const uint64_t begin = base_ + position_;
  message_.assign(buffer_, position_, kKeptOfTooLong);
  size_t next;
  do {
    position_ = buffer_.size() - std::min(buffer_.size() - position_, 4 * kMaxFromLine);
    scanned_ = std::max(scanned_, position_);
    if (!read_more()) {
      next = buffer_.size();
      break;
    }
    next = find_next();
  } while (next == std::string_view::npos);
  message.begin = begin;
  message.end = base_ + next;
  position_ = next;
}

bool MailboxReader::next(StoredMessage& message) {
  message = {};
  if (buffer_.empty() && !read_more()) return false;
  scanned_ = position_;
  size_t next;
  while ((next = find_next()) == std::string_view::npos) {
    scanned_ = std::max(scanned_, buffer_.size() - std::min(buffer_.size(), 2 * kMaxFromLine));
    if (buffer_.size() - position_ > max_message_bytes_ + kMaxFromLine) break;
    if (!read_more()) break;
  }
  if (next == std::string_view::npos && end_) next = buffer_.size();
  if (position_ == buffer_.size() && end_) return false;
  const bool too_long = next == std::string_view::npos || next - position_ > max_message_bytes_;
  if (next == std::string_view::npos) {
    skip_rest(message);
  } else {
    message.begin = base_ + position_;
    message.end = base_ + next;
    message.too_long = too_long;
    message_.clear();
    std::string_view raw = std::string_view(buffer_).substr(position_, next - position_);
    if (too_long) raw = raw.substr(0, kKeptOfTooLong);
    // The separator, which a broken mailbox may begin without.
    if (raw.starts_with("From ")) {
      const size_t line = raw.find('\n');
      raw.remove_prefix(line == std::string_view::npos ? raw.size() : line + 1);
    }
    if (raw.ends_with("\r\n\r\n")) {
      raw.remove_suffix(2);
    } else if (raw.ends_with("\n\n")) {
      raw.remove_suffix(1);
    }
    append_unescaped(message_, raw);
    position_ = next;
  }
  message.bytes = message_;
  return true;
}

bool is_mailbox(std::string_view beginning) {
  while (beginning.starts_with('\n') || beginning.starts_with('\r')) beginning.remove_prefix(1);
  return is_separator(beginning, 0);
}

bool is_message(std::string_view beginning) {
  size_t headers = 0, telling = 0;
  bool from = false;
  for (size_t at = 0; at < beginning.size();) {
    const std::string_view line = line_at(beginning, at);
    const size_t end = beginning.find('\n', at);
    if (end == std::string_view::npos || line.empty()) break;
    at = end + 1;
    if (line.starts_with(' ') || line.starts_with('\t')) {
      if (headers == 0) return false;
      continue;
    }
    if (!is_header(line)) return false;
    ++headers;
    const std::string name = lower(line.substr(0, line.find(':')));
    from = from || name == "from";
    static constexpr std::string_view kTelling[] = {
        "message-id", "received", "mime-version", "return-path", "delivered-to", "content-type",
        "date",       "subject",  "to",           "x-mailer",    "user-agent"};
    telling += std::find(std::begin(kTelling), std::end(kTelling), name) != std::end(kTelling);
  }
  return telling >= 2 && (from || headers >= 8);
}

}  // namespace twin
