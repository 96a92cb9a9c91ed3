#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "collection/exports/chat_days.h"
#include "collection/exports/export_text.h"
#include "collection/exports/slack_text.h"
#include "collection/warehouse.h"

// Slack's export of a workspace: users.json, channels.json (groups.json, dms.json, mpims.json) and
// a folder for each channel with a JSON list for each day. ts is in seconds.
// Source: https://slack.com/help/articles/220556107-How-to-read-Slack-data-exports.
namespace twin {
namespace {

bool recognises(ExportSource& source) {
  const auto root = source.root_of("users.json");
  if (!root) return false;
  const std::string head = source.head(source.find(*root + "users.json").value(), 16 << 10);
  return head.find("\"team_id\"") != head.npos || head.find("\"real_name\"") != head.npos;
}

struct Users {
  std::set<std::string> own;                 // the author's ids
  std::map<std::string, std::string> names;  // of all, by id
};

// An author may have several ids: guests and renewed accounts.
Users read_users(const ExportRun& run, const Json& list) {
  Users users;
  std::vector<std::string> all;
  std::map<std::string, std::vector<std::string>> ids;  // by what people are called
  for (const Json& user : list) {
    const std::string id = text_member(user, "id");
    const Json profile = user.is_object() && user.contains("profile") ? user["profile"] : Json();
    const std::string display = text_member(profile, "display_name");
    std::string real = text_member(profile, "real_name");
    if (real.empty()) real = text_member(user, "real_name");
    const std::string handle = text_member(user, "name");
    users.names[id] = !display.empty() ? display : !real.empty() ? real : handle;
    for (const std::string& name : {real, display, handle, text_member(profile, "email")}) {
      if (!name.empty() && is_own_name(run, name)) users.own.insert(id);
    }
    if (!real.empty()) {
      all.push_back(real);
      ids[real].push_back(id);
    }
  }
  if (users.own.empty()) {
    for (const std::string& id : ids[own_name(run, all)]) users.own.insert(id);
  }
  return users;
}

bool is_written(const Json& message) {
  const std::string subtype = text_member(message, "subtype");
  const bool written = subtype.empty() || subtype == "thread_broadcast" ||
                       subtype == "me_message" || subtype == "file_share";
  return written && text_member(message, "type") == "message" && !message.contains("bot_id");
}

void collect(ExportRun& run) {
  const std::string root = run.source.root_of("users.json").value();
  const size_t list = run.source.find(root + "users.json").value();
  const std::string where = run.source.item(list);
  run.attempt(where, [&] {
    const Json json = parse_json(run.source.read(list, run.options.max_table_bytes), where);
    if (!json.is_array()) throw Refusal{"failed", "expected a list of users"};
    const Users users = read_users(run, json);
    std::map<std::string, std::vector<OwnMessage>> chats;  // by channel
    std::map<std::string, std::string> items;
    for (const size_t file : run.source.matching(root, ".json")) {
      const std::string path = run.source.files()[file].path.substr(root.size());
      const size_t slash = path.find('/');
      if (slash == path.npos || path.find('/', slash + 1) != path.npos) continue;
      const std::string channel = path.substr(0, slash), item = run.source.item(file);
      run.attempt(item, [&] {
        const std::string text = run.source.read(file, run.options.max_table_bytes);
        if (!Json::accept(text)) parse_json(text, item);  // says where it is broken
        for (const std::string_view raw : list_elements(text)) {
          const Json message = parse_json(raw, item);
          if (!message.is_object() || users.own.count(text_member(message, "user")) == 0 ||
              !is_written(message)) {
            continue;
          }
          std::string words(trim(slack_markdown(text_member(message, "text"), users.names)));
          const std::string ts = text_member(message, "ts");
          const std::string date = iso_from_epoch(std::atoll(ts.c_str()));
          if (words.empty() || date.empty()) continue;
          chats[channel].push_back({std::move(words), std::string(raw), date});
          items.emplace(channel, run.source.where() + '/' + root + channel);
        }
      });
    }
    for (const auto& [channel, messages] : chats) {
      keep_chat_days(run, {"slack", "slack/1", "application/x-ndjson", channel, items[channel]},
                     messages);
    }
  });
}

std::string author(ExportSource&) { return {}; }

}  // namespace

const ExportFormat kSlackExport = {"slack", recognises, collect, author};

}  // namespace twin
