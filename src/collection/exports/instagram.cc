#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/hashing.h"
#include "collection/exports/export_format.h"
#include "collection/exports/export_text.h"
#include "collection/exports/json_slices.h"
#include "collection/warehouse.h"

// Instagram's export as JSON: captions in content/posts_1.json and reels.json (since 2024 in
// media/, both below your_instagram_activity/), comments in comments/post_comments_1.json. Strings
// are written as in Facebook's. Source: https://github.com/NorseKode/Waultar-App,
// documents/parser/content_examples.md.
namespace twin {
namespace {

constexpr std::string_view kExtractor = "instagram-json/1";

enum class Kind { kNone, kCaptions, kComments };

Kind kind_of(std::string_view path) {
  if (!path.ends_with(".json")) return Kind::kNone;
  const size_t slash = path.find_last_of('/');
  if (slash == path.npos) return Kind::kNone;
  const std::string_view folder = path.substr(0, slash), name = path.substr(slash + 1);
  if ((folder.ends_with("content") || folder.ends_with("media")) &&
      (name.starts_with("posts_") || name.starts_with("reels"))) {
    return Kind::kCaptions;
  }
  if (folder.ends_with("comments") &&
      (name.starts_with("post_comments") || name.starts_with("reels_comments"))) {
    return Kind::kComments;
  }
  return Kind::kNone;
}

bool recognises(ExportSource& source) {
  for (size_t i = 0; i < source.files().size(); ++i) {
    if (kind_of(source.files()[i].path) == Kind::kNone) continue;
    const std::string head = source.head(i, 4096);
    if (head.find("\"creation_timestamp\"") != head.npos ||
        head.find("\"string_map_data\"") != head.npos || head.find("\"media\"") != head.npos) {
      return true;
    }
  }
  return false;
}

struct Entry {
  std::string text;
  int64_t time = 0;
};

Entry read_caption(const Json& json) {
  Entry entry{text_member(json, "title"), number_member(json, "creation_timestamp")};
  const auto media = json.find("media");
  if (media == json.end() || !media->is_array()) return entry;
  for (const Json& picture : *media) {
    if (entry.text.empty()) entry.text = text_member(picture, "title");
    if (entry.time == 0) entry.time = number_member(picture, "creation_timestamp");
  }
  return entry;
}

Entry read_comment(const Json& json) {
  Entry entry;
  const auto data = json.find("string_map_data");
  if (data == json.end() || !data->is_object()) return entry;
  if (data->contains("Comment")) entry.text = text_member((*data)["Comment"], "value");
  if (data->contains("Time")) entry.time = number_member((*data)["Time"], "timestamp");
  return entry;
}

std::string_view list_of(std::string_view json) {
  json = trim(json);
  if (json.starts_with('[')) return json;
  for (const auto& [name, member] : object_members(json)) {
    if (member.starts_with('[')) return member;
  }
  return "[]";
}

void collect_file(ExportRun& run, size_t file, Kind kind) {
  const std::string where = run.source.item(file);
  run.attempt(where, [&] {
    const std::string text = run.source.read(file, run.options.max_table_bytes);
    if (!Json::accept(text)) parse_json(text, where);  // says where it is broken
    size_t empty = 0;
    for (const std::string_view raw : list_elements(list_of(text))) {
      const Json json = parse_json(raw, where);
      if (!json.is_object()) continue;
      const Entry entry = kind == Kind::kCaptions ? read_caption(json) : read_comment(json);
      RawDocument document;
      document.verbatim = std::string(trim(repair_mojibake(entry.text)));
      if (document.verbatim.empty()) {
        ++empty;
        continue;
      }
      document.raw = raw;
      document.date = iso_from_epoch(entry.time);
      document.link =
          fmt::format("instagram:{}/{}-{}", kind == Kind::kCaptions ? "post" : "comment",
                      entry.time, sha256(document.verbatim).substr(0, 8));
      document.category = Category::kPosts;
      document.genre = kind == Kind::kComments ? "comment" : "";
      document.platform = "instagram";
      document.media_type = "application/json";
      document.extractor = kExtractor;
      const std::string item = where + '#' + document.link;
      run.attempt(item, [&] { run.collector.keep(std::move(document), item); });
    }
    run.skip_group(where + "#empty", empty, "pictures without a caption");
  });
}

void collect(ExportRun& run) {
  for (size_t i = 0; i < run.source.files().size(); ++i) {
    const Kind kind = kind_of(run.source.files()[i].path);
    if (kind != Kind::kNone) collect_file(run, i, kind);
  }
}

std::string author(ExportSource&) { return {}; }

}  // namespace

const ExportFormat kInstagramExport = {"instagram", recognises, collect, author};

}  // namespace twin
