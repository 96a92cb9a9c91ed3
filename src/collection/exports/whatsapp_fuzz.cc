#include <cstdint>

#include "base/error.h"
#include "collection/exports/whatsapp_chat.h"

// Any bytes are a chat or none; each message's lines stand in the text.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const twin::WhatsAppMessage& message : twin::read_whatsapp_chat(text)) {
    TWIN_CHECK(text.find(message.raw) != text.npos && !message.raw.empty());
    TWIN_CHECK(message.date.empty() || message.date.size() == 19);
    TWIN_CHECK(message.text.empty() || !message.date.empty());
  }
  return 0;
}
