#pragma once

#include <gmime/gmime.h>

#include <string>
#include <vector>

namespace twin {

struct MailBody {
  std::string markdown;  // its text parts, one below the other
  std::vector<std::string> attachments;
  std::string not_written;  // "encrypted", "an answer to an invitation", "a receipt"; else empty
};

// The text of a mail. Of alternatives the plain one is read, unless it is empty; HTML by
// html_mail.h; what a PGP signature wraps is unwrapped. Errors: as html_mail_to_markdown().
MailBody read_body(GMimeMessage* message, const std::string& where);

}  // namespace twin
