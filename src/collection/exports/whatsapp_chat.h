#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace twin {

struct WhatsAppMessage {
  std::string writer;  // empty: a line of WhatsApp's own
  std::string text;    // empty where it is a picture, a call, deleted
  std::string raw;     // its lines as they stand, the last break left out
  std::string date;    // "2021-06-20T14:30:00", as the telephone's clock said
};

// A chat as WhatsApp exports it ("_chat.txt" of iOS, "WhatsApp Chat with NAME.txt" of Android): a
// line "[20.06.21, 14:30:05] NAME: TEXT" or "6/20/21, 2:30 PM - NAME: TEXT" begins a message, other
// lines go on with it. Dates are day, month and year in the order of the telephone's region, which
// the file does not state: it is the order in which all dates are valid and go forwards; where both
// are, month first with AM and PM and '/', else day first. Empty where the text is no such chat.
// Hostile input. Source: https://faq.whatsapp.com/1180414079177245 and exports of many regions.
std::vector<WhatsAppMessage> read_whatsapp_chat(std::string_view text);

}  // namespace twin
