#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "collection/exports/chat_days.h"
#include "collection/exports/export_text.h"
#include "collection/exports/json_slices.h"
#include "collection/exports/telegram_text.h"
#include "collection/warehouse.h"

// Telegram Desktop's export as JSON: result.json of one chat ({name, type, id, messages}) or of an
// account ({personal_information, chats: {list: [chat, ...]}, left_chats}).
// Source: https://core.telegram.org/import-export and the exports' own structure.
namespace twin {
namespace {

constexpr size_t kHeadBytes = 64 << 10;

std::optional<size_t> result_file(ExportSource& source) {
  for (size_t i = 0; i < source.files().size(); ++i) {
    const std::string& path = source.files()[i].path;
    const bool alone = source.files().size() == 1 && path.ends_with(".json");
    if (!alone && !path.ends_with("result.json")) continue;
    const std::string head = source.head(i, kHeadBytes);
    const bool chat = head.find("\"messages\"") != head.npos &&
                      head.find("\"type\"") != head.npos && head.find("\"id\"") != head.npos;
    if (chat || head.find("\"personal_information\"") != head.npos) return i;
  }
  return {};
}

bool recognises(ExportSource& source) { return result_file(source).has_value(); }

struct Writer {
  std::string id, name;
};

class TelegramExport {
 public:
  TelegramExport(ExportRun& run, std::string where) : run_(run), where_(std::move(where)) {}

  void collect(const std::string& text) {
    if (!Json::accept(text)) parse_json(text, where_);  // says where it is broken
    for (const auto& [name, value] : object_members(text)) {
      if (name == "personal_information") {
        own_id_ = "user" + std::to_string(number_member(parse_json(value, where_), "user_id"));
      }
      if (name == "chats" || name == "left_chats") {
        for (const std::string_view chat : list_elements(object_member(value, "list"))) {
          chats_.push_back(chat);
        }
      }
      if (name == "messages") chats_.push_back(text);
    }
    if (own_id_ == "user0") own_id_.clear();
    for (const std::string_view chat : chats_) collect_chat(chat);
  }

 private:
  void collect_chat(std::string_view chat) {
    const auto members = object_members(chat);
    const auto member = [&](std::string_view name) {
      for (const auto& [key, value] : members) {
        if (key == name) return value;
      }
      return std::string_view("null");
    };
    const std::string id(member("id"));
    const std::string item = fmt::format("{}#{}", where_, id);
    run_.attempt(item, [&] {
      const std::vector<std::string_view> elements = list_elements(member("messages"));
      const std::string own = own_id_.empty() ? own_id_among(elements) : own_id_;
      std::vector<OwnMessage> kept;
      size_t forwarded = 0, without_text = 0;
      for (const std::string_view raw : elements) {
        stop_if_interrupted(run_.collector.context());
        const Json message = parse_json(raw, item);
        if (text_member(message, "type") != "message" || text_member(message, "from_id") != own) {
          continue;
        }
        if (message.contains("forwarded_from") || message.contains("via_bot")) {
          ++forwarded;
          continue;
        }
        std::string text = telegram_markdown(message);
        if (text.empty()) {
          ++without_text;
          continue;
        }
        kept.push_back({std::move(text), std::string(raw), text_member(message, "date")});
      }
      keep_chat_days(run_, {"telegram", "telegram/1", "application/x-ndjson", id, where_}, kept);
      run_.skip_group(item + "/forwarded", forwarded, "forwarded messages: the words of others");
      run_.skip_group(item + "/without-text", without_text, "messages without a text");
    });
  }

  // Of a chat alone, which does not say whose it is.
  std::string own_id_among(const std::vector<std::string_view>& elements) const {
    std::vector<Writer> writers;
    std::vector<std::string> names;
    for (const std::string_view raw : elements) {
      const Json message = parse_json(raw, where_);
      const std::string id = text_member(message, "from_id"), name = text_member(message, "from");
      const bool known = std::any_of(writers.begin(), writers.end(),
                                     [&](const Writer& writer) { return writer.id == id; });
      if (id.empty() || known) continue;
      writers.push_back({id, name});
      names.push_back(name);
    }
    const std::string own = own_name(run_, names);
    return std::find_if(writers.begin(), writers.end(),
                        [&](const Writer& writer) { return writer.name == own; })
        ->id;
  }

  ExportRun& run_;
  std::string where_, own_id_;
  std::vector<std::string_view> chats_;
};

void collect(ExportRun& run) {
  const size_t file = result_file(run.source).value();
  const std::string where = run.source.item(file);
  run.attempt(where, [&] {
    const std::string text = run.source.read(file, run.options.max_table_bytes);
    TelegramExport(run, where).collect(text);
  });
}

std::string author(ExportSource& source) {
  const std::string head = source.head(result_file(source).value(), kHeadBytes);
  const size_t begin = head.find("\"personal_information\"");
  if (begin == head.npos) return {};
  const size_t open = head.find('{', begin), close = head.find('}', begin);
  if (open == head.npos || close == head.npos || close < open) return {};
  const Json person =
      parse_json(std::string_view(head).substr(open, close + 1 - open), "result.json");
  return std::string(
      trim(text_member(person, "first_name") + ' ' + text_member(person, "last_name")));
}

}  // namespace

const ExportFormat kTelegramExport = {"telegram", recognises, collect, author};

}  // namespace twin
