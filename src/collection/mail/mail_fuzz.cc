#include <cstdint>

#include "base/error.h"
#include "collection/mail/author_addresses.h"
#include "collection/mail/message.h"
#include "collection/mail/own_words.h"
#include "text/unicode.h"

// Any bytes are a mail, or refused; what is read is valid text, and what is kept of it is in it.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    twin::read_head(bytes);
    const twin::MailMessage mail = twin::read_message(bytes, "fuzz");
    TWIN_CHECK(twin::is_valid_utf8(mail.text) && twin::is_valid_utf8(mail.subject));
    const std::string own = twin::own_words(mail.text, "Ada Lovelace");
    TWIN_CHECK(own.size() <= mail.text.size() + 1);
  } catch (const twin::Error& error) {
    TWIN_CHECK(error.code() == twin::ErrorCode::kBadInput);
  }
  return 0;
}
