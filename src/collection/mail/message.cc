#include "collection/mail/message.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/hashing.h"
#include "collection/mail/gmime.h"
#include "collection/mail/mail_body.h"
#include "collection/mail/mail_kind.h"
#include "text/unicode.h"

namespace twin {
namespace {

// GMime reads parts within parts by recursion; a mail by people has four levels or so.
constexpr size_t kMaxParts = 5000;

std::string one_line(std::string text) {
  std::string line;
  for (const char c : text) {
    if (c != '\n' && c != '\r' && c != '\t') {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  while (line.starts_with(' ')) line.erase(0, 1);
  while (line.ends_with(' ')) line.pop_back();
  return line;
}

MailAddress first_of(InternetAddressList* list) {
  for (int i = 0; list != nullptr && i < internet_address_list_length(list); ++i) {
    InternetAddress* entry = internet_address_list_get_address(list, i);
    if (!INTERNET_ADDRESS_IS_MAILBOX(entry)) continue;
    const char* address = internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(entry));
    return {one_line(text_or_empty(internet_address_get_name(entry))),
            lower(text_or_empty(address))};
  }
  return {};
}

std::string people_of(GMimeMessage* message) {
  std::string people;
  const auto add = [&](const char* field, InternetAddressList* list) {
    if (list == nullptr || internet_address_list_length(list) == 0) return;
    const GText text(internet_address_list_to_string(list, nullptr, FALSE));
    people += fmt::format("{}: {}\n", field, one_line(text_or_empty(text.get())));
  };
  add("from", g_mime_message_get_from(message));
  add("to", g_mime_message_get_to(message));
  add("cc", g_mime_message_get_cc(message));
  add("reply-to", g_mime_message_get_reply_to(message));
  return people;
}

std::string date_of(GMimeMessage* message) {
  GDateTime* date = g_mime_message_get_date(message);
  if (date == nullptr) return {};
  const int year = g_date_time_get_year(date);
  if (year < 1970 || year > 2200) return {};  // a clock that was never set
  const GText text(g_date_time_format(date, "%Y-%m-%dT%H:%M:%S%:z"));
  return text_or_empty(text.get());
}

// The headers' bytes, up to the first blank line.
std::string_view headers_of(std::string_view message) {
  const size_t unix_end = message.find("\n\n"), network_end = message.find("\n\r\n");
  return message.substr(0, std::min({unix_end, network_end, message.size()}));
}

// The value of a field as it stands, unfolded.
std::string field_of(std::string_view headers, std::string_view name) {
  for (size_t at = 0; at < headers.size();) {
    size_t end = std::min(headers.find('\n', at), headers.size());
    while (end + 1 < headers.size() && (headers[end + 1] == ' ' || headers[end + 1] == '\t')) {
      end = std::min(headers.find('\n', end + 1), headers.size());
    }
    const std::string_view field = headers.substr(at, end - at);
    if (field.size() > name.size() && field[name.size()] == ':' &&
        lower(field.substr(0, name.size())) == name) {
      return one_line(std::string(field.substr(name.size() + 1)));
    }
    at = end + 1;
  }
  return {};
}

void check_parts(std::string_view bytes, const std::string& where) {
  size_t parts = 0;
  for (size_t at = bytes.find("\n--"); at != bytes.npos; at = bytes.find("\n--", at + 1)) ++parts;
  size_t boundaries = 0;
  const std::string_view mark = "boundary";
  for (size_t at = bytes.find(mark); at != bytes.npos; at = bytes.find(mark, at + 1)) ++boundaries;
  if (parts > kMaxParts && boundaries > kMaxParts) {
    throw Error(ErrorCode::kBadInput,
                fmt::format("{}: a mail of more than {} parts", where, kMaxParts));
  }
}

}  // namespace

MailMessage read_message(std::string_view bytes, const std::string& where) {
  check_parts(bytes, where);
  GMimeParserOptions* const options = lenient_parsing();
  const GPointer<GMimeStream> stream(g_mime_stream_mem_new_with_buffer(bytes.data(), bytes.size()));
  const GPointer<GMimeParser> parser(g_mime_parser_new_with_stream(stream.get()));
  const GPointer<GMimeMessage> message(g_mime_parser_construct_message(parser.get(), options));
  if (message == nullptr) return {};
  MailMessage mail;
  mail.id = one_line(text_or_empty(g_mime_message_get_message_id(message.get())));
  mail.from = first_of(g_mime_message_get_from(message.get()));
  mail.subject = one_line(text_or_empty(g_mime_message_get_subject(message.get())));
  mail.date = date_of(message.get());
  mail.people = people_of(message.get());
  mail.not_written = why_not_written(message.get());
  if (!mail.not_written.empty()) return mail;
  MailBody body = read_body(message.get(), where);
  mail.text = std::move(body.markdown);
  mail.attachments = std::move(body.attachments);
  mail.not_written = std::move(body.not_written);
  return mail;
}

MailHead read_head(std::string_view message) {
  GMimeParserOptions* const options = lenient_parsing();
  const std::string_view headers = headers_of(message);
  MailHead head;
  if (const std::string from = field_of(headers, "from"); !from.empty()) {
    const GPointer<InternetAddressList> list(internet_address_list_parse(options, from.c_str()));
    head.from = first_of(list.get());
  }
  if (const std::string id = field_of(headers, "message-id"); !id.empty()) {
    const GText decoded(g_mime_utils_decode_message_id(id.c_str()));
    head.id = one_line(text_or_empty(decoded.get()));
    // Half an id ("<Re") may be that of many mails.
    if (head.id.find('@') == head.id.npos) head.id.clear();
  }
  return head;
}

std::string fingerprint(std::string_view message) {
  const std::string_view headers = headers_of(message);
  return KeyHasher()
      .add(field_of(headers, "from"))
      .add(field_of(headers, "date"))
      .add(field_of(headers, "subject"))
      .add(message.substr(headers.size()))
      .finish()
      .substr(0, 32);
}

}  // namespace twin
