#include <algorithm>

#include "collection/exports/chat_days.h"
#include "collection/exports/export_text.h"
#include "collection/exports/whatsapp_chat.h"
#include "text/unicode.h"

// A chat exported by WhatsApp: a zip of _chat.txt (iOS) or "WhatsApp Chat with NAME.txt" (Android)
// with or without pictures, or that text alone.
namespace twin {
namespace {

constexpr size_t kHeadBytes = 8 << 10;
constexpr size_t kMaxTexts = 20;  // of a zip, that are looked at

bool is_chat(ExportSource& source, size_t file) {
  if (!source.files()[file].path.ends_with(".txt")) return false;
  std::string head = source.head(file, kHeadBytes);
  if (head.size() == kHeadBytes) head.resize(head.find_last_of('\n') + 1);
  const auto messages = read_whatsapp_chat(head);
  const auto written = std::count_if(messages.begin(), messages.end(),
                                     [](const auto& message) { return !message.writer.empty(); });
  // A diary may have a dated line; a chat is made of them and begins with one.
  return written >= 1 && static_cast<size_t>(written) * 2 >= messages.size() &&
         trim(head).find(trim(messages.front().raw)) < 8;
}

std::vector<size_t> chats(ExportSource& source) {
  std::vector<size_t> found;
  size_t texts = 0;
  for (size_t i = 0; i < source.files().size(); ++i) {
    if (!source.files()[i].path.ends_with(".txt")) continue;
    if (++texts > kMaxTexts) return {};
    if (is_chat(source, i)) found.push_back(i);
  }
  return found;
}

bool recognises(ExportSource& source) {
  // A folder of notes may hold a chat too: there it is one text among others.
  const bool few = source.packed() || source.files().size() == 1 || source.find("_chat.txt");
  return few && !chats(source).empty();
}

// "WhatsApp Chat with Bob.txt", "WhatsApp Chat - Bob.zip": what is not WhatsApp's.
std::string chat_name(const ExportSource& source, size_t file) {
  std::string name = source.files()[file].path;
  name = name.substr(name.find_last_of('/') + 1);
  if (name == "_chat.txt") name = source.where().substr(source.where().find_last_of('/') + 1);
  if (const size_t dot = name.find_last_of('.'); dot != name.npos && dot > 0) name.resize(dot);
  for (const std::string_view begin :
       {"WhatsApp Chat with ", "WhatsApp Chat - ", "WhatsApp Chat mit ", "Chat de WhatsApp con "}) {
    if (name.starts_with(begin)) name = name.substr(begin.size());
  }
  return name;
}

void collect(ExportRun& run) {
  for (const size_t file : chats(run.source)) {
    const std::string item = run.source.item(file);
    run.attempt(item, [&] {
      const std::string text = run.source.read(file, run.options.max_table_bytes);
      if (!is_valid_utf8(text)) throw Refusal{"failed", "not UTF-8"};
      const std::vector<WhatsAppMessage> messages = read_whatsapp_chat(text);
      std::vector<std::string> writers;
      for (const WhatsAppMessage& message : messages) {
        const bool known =
            std::find(writers.begin(), writers.end(), message.writer) != writers.end();
        if (!message.writer.empty() && !known) writers.push_back(message.writer);
      }
      const std::string own = own_name(run, writers);
      std::vector<OwnMessage> kept;
      size_t without_text = 0;
      for (const WhatsAppMessage& message : messages) {
        if (message.writer != own) continue;
        if (message.text.empty()) {
          ++without_text;
        } else {
          kept.push_back({message.text, message.raw, message.date});
        }
      }
      keep_chat_days(
          run, {"whatsapp", "whatsapp/1", "text/plain", chat_name(run.source, file), item}, kept);
      run.skip_group(item + "#without-text", without_text,
                     "messages of pictures, sounds or nothing");
    });
  }
}

std::string author(ExportSource&) { return {}; }

}  // namespace

const ExportFormat kWhatsAppExport = {"whatsapp", recognises, collect, author};

}  // namespace twin
