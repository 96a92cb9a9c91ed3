#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace twin {

struct MailAddress {
  std::string name;     // decoded, empty where there is none
  std::string address;  // lower case
};

// One mail, read by GMime 3: RFC 5322, MIME, encoded words, charsets, format=flowed.
struct MailMessage {
  std::string id;  // Message-ID without angle brackets, empty if it has none
  MailAddress from;
  std::string subject;
  std::string date;    // ISO 8601 with the sender's offset; empty if it has none that can be read
  std::string people;  // its From, To, Cc and Reply-To as "name: value" lines, decoded
  std::string text;    // what was written, as Markdown, with all quotations and signatures
  std::vector<std::string> attachments;  // names, or types where they have none
  // Why it is nothing that somebody wrote to somebody: a draft, spam, automatic, encrypted; empty
  // where it is.
  std::string not_written;
};

// Any bytes are a mail, with little in it at worst. `where` is for errors. Errors: kBadInput where
// an HTML part passes the limits of html.h or the parts nest too deep.
MailMessage read_message(std::string_view bytes, const std::string& where);

// What tells mails apart and whose they are, of the headers alone: for a look at many.
struct MailHead {
  MailAddress from;  // address empty where there is none
  std::string id;    // as in MailMessage
};
MailHead read_head(std::string_view message);

// What a message without a Message-ID is known by: a hash of its From, Date, Subject and body.
std::string fingerprint(std::string_view message);

// The name and version of what makes the verbatim text of a mail: what read_message() reads,
// without what others wrote (own_words.h).
inline constexpr std::string_view kMailExtractor = "mail/1";

}  // namespace twin
