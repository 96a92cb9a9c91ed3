#include "collection/exports/chat_days.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "text/unicode.h"

namespace twin {
namespace {

constexpr size_t kListedWriters = 12;

std::set<std::string> words_of(std::string_view name) {
  const std::string folded = fold(name);
  std::set<std::string> all;
  for (const ByteRange& word : words(folded)) all.insert(std::string(slice(folded, word)));
  return all;
}

}  // namespace

void keep_chat_days(ExportRun& run, const ChatExtract& chat,
                    const std::vector<OwnMessage>& messages) {
  std::map<std::string, std::vector<const OwnMessage*>> days;
  for (const OwnMessage& message : messages) days[message.date.substr(0, 10)].push_back(&message);
  for (const auto& [day, own] : days) {
    RawDocument document;
    for (const OwnMessage* message : own) {
      if (!document.raw.empty()) {
        document.raw += '\n';
        document.verbatim += "\n\n";
      }
      document.raw += message->raw;
      document.verbatim += message->text;
    }
    document.category = Category::kPosts;
    document.genre = "message";
    document.platform = chat.platform;
    document.media_type = chat.media_type;
    document.extractor = chat.extractor;
    document.date = own.front()->date;
    document.link = fmt::format("{}:{}/{}", chat.platform, chat.chat, day);
    const std::string item = fmt::format("{}#{}/{}", chat.item, chat.chat, day);
    run.attempt(item, [&] { run.collector.keep(std::move(document), item); });
  }
}

bool is_own_name(const ExportRun& run, std::string_view name) {
  const std::string folded = fold(name);
  const auto same = [&](const std::string& own) { return fold(own) == folded; };
  const Author& author = run.collector.author();
  return std::any_of(run.options.names.begin(), run.options.names.end(), same) ||
         std::any_of(author.aliases.begin(), author.aliases.end(), same) ||
         same(author.full_name());
}

std::string own_name(const ExportRun& run, const std::vector<std::string>& writers) {
  for (const std::string& name : run.options.names) {
    for (const std::string& writer : writers) {
      if (fold(writer) == fold(name)) return writer;
    }
  }
  for (const std::string& writer : writers) {
    if (is_own_name(run, writer)) return writer;
  }
  const std::set<std::string> own = words_of(run.collector.author().full_name());
  std::vector<std::string> partly;
  for (const std::string& writer : writers) {
    const std::set<std::string> parts = words_of(writer);
    if (!parts.empty() && std::includes(own.begin(), own.end(), parts.begin(), parts.end())) {
      partly.push_back(writer);
    }
  }
  if (partly.size() == 1) return partly.front();
  std::string list;
  for (size_t i = 0; i < std::min(writers.size(), kListedWriters); ++i) {
    list += (i > 0 ? ", " : "") + writers[i];
  }
  if (writers.size() > kListedWriters) list += ", ...";
  throw Refusal{"failed",
                fmt::format("none of its writers is known to be {}: {}; say which with --as NAME",
                            run.collector.author().full_name(), list)};
}

}  // namespace twin
