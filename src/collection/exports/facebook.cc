#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/hashing.h"
#include "collection/exports/export_format.h"
#include "collection/exports/export_text.h"
#include "collection/exports/json_slices.h"
#include "collection/warehouse.h"

// Facebook's "Download your information" as JSON: posts in posts/your_posts_1.json (since 2023
// your_facebook_activity/posts/your_posts__check_ins__photos_and_videos_1.json), in groups and in
// albums; comments in comments_and_reactions/comments.json. Every string is UTF-8 whose bytes were
// each written as \u00XX. Source: https://github.com/apparebit/deface;
// https://github.com/NorseKode/Waultar-App, documents/parser/content_examples.md.
namespace twin {
namespace {

constexpr std::string_view kExtractor = "facebook-json/1";

enum class Kind { kNone, kPosts, kComments };

Kind kind_of(std::string_view path) {
  if (!path.ends_with(".json")) return Kind::kNone;
  const size_t slash = path.find_last_of('/');
  const std::string_view folder = slash == path.npos ? "" : path.substr(0, slash);
  const std::string_view name = path.substr(slash == path.npos ? 0 : slash + 1);
  if (folder.ends_with("posts") &&
      (name.starts_with("your_posts") || name.starts_with("profile_posts"))) {
    return Kind::kPosts;
  }
  if (folder.ends_with("groups") && (name.starts_with("your_posts_in_groups") ||
                                     name.starts_with("your_posts_and_comments_in_groups"))) {
    return Kind::kPosts;
  }
  if (folder.ends_with("groups") && name.starts_with("your_comments_in_groups")) {
    return Kind::kComments;
  }
  if ((folder.ends_with("comments_and_reactions") || folder.ends_with("comments")) &&
      name.starts_with("comments")) {
    return Kind::kComments;
  }
  return Kind::kNone;
}

bool is_html_page(std::string_view path) {
  return path.ends_with(".html") && (path.find("posts/your_posts") != path.npos ||
                                     path.find("comments_and_reactions/comments") != path.npos);
}

bool recognises(ExportSource& source) {
  for (size_t i = 0; i < source.files().size(); ++i) {
    const std::string& path = source.files()[i].path;
    if (is_html_page(path) && path.find("facebook") != path.npos) return true;
    if (kind_of(path) == Kind::kNone) continue;
    const std::string head = source.head(i, 4096);
    for (const char* mark : {"\"timestamp\"", "comments_v2", "group_posts", "group_comments"}) {
      if (head.find(mark) != head.npos) return true;
    }
  }
  return false;
}

// The list a file is or, under one name, has.
std::string_view list_of(std::string_view json) {
  const std::string_view value = trim(json);
  if (value.starts_with('[')) return value;
  for (const auto& [name, member] : object_members(value)) {
    if (member.starts_with('[')) return member;
  }
  return "[]";
}

std::string owner_of(ExportSource& source) {
  for (const char* name : {"profile_information/profile_information.json"}) {
    const auto root = source.root_of(name);
    if (!root) continue;
    const std::string text = source.head(source.find(*root + name).value(), 1 << 20);
    const Json profile = parse_json(text, name);
    for (const char* version : {"profile_v2", "profile"}) {
      if (!profile.is_object() || !profile.contains(version)) continue;
      const Json& inner = profile[version];
      if (!inner.is_object() || !inner.contains("name")) continue;
      const std::string full = inner["name"].is_string() ? text_member(inner, "name")
                                                         : text_member(inner["name"], "full_name");
      return repair_mojibake(full);
    }
  }
  return {};
}

struct Entry {
  std::string text, author;
  int64_t time = 0;
};

Entry read_entry(const Json& json) {
  Entry entry;
  entry.time = number_member(json, "timestamp");
  const auto data = json.find("data");
  if (data == json.end() || !data->is_array()) return entry;
  for (const Json& part : *data) {
    if (entry.text.empty()) entry.text = repair_mojibake(text_member(part, "post"));
    const auto comment = part.is_object() ? part.find("comment") : part.end();
    if (comment == part.end() || !comment->is_object()) continue;
    entry.text = repair_mojibake(text_member(*comment, "comment"));
    entry.author = repair_mojibake(text_member(*comment, "author"));
    if (entry.time == 0) entry.time = number_member(*comment, "timestamp");
  }
  return entry;
}

void collect_file(ExportRun& run, size_t file, Kind kind, const std::string& owner) {
  const std::string where = run.source.item(file);
  run.attempt(where, [&] {
    const std::string text = run.source.read(file, run.options.max_table_bytes);
    if (!Json::accept(text)) parse_json(text, where);  // says where it is broken
    size_t empty = 0, others = 0;
    for (const std::string_view raw : list_elements(list_of(text))) {
      const Json json = parse_json(raw, where);
      if (!json.is_object()) continue;
      Entry entry = read_entry(json);
      entry.text = std::string(trim(entry.text));
      if (entry.text.empty()) {
        ++empty;
        continue;
      }
      if (!owner.empty() && !entry.author.empty() && entry.author != owner) {
        ++others;
        continue;
      }
      RawDocument document;
      document.raw = raw;
      document.verbatim = std::move(entry.text);
      document.date = iso_from_epoch(entry.time);
      // The export has no links: the time and the text tell what it is.
      document.link = fmt::format("facebook:{}/{}-{}", kind == Kind::kPosts ? "post" : "comment",
                                  entry.time, sha256(document.verbatim).substr(0, 8));
      document.category = Category::kPosts;
      document.genre = kind == Kind::kComments ? "comment" : "";
      document.platform = "facebook";
      document.media_type = "application/json";
      document.extractor = kExtractor;
      const std::string item = where + '#' + document.link;
      run.attempt(item, [&] { run.collector.keep(std::move(document), item); });
    }
    run.skip_group(where + "#empty", empty, "entries without a word of the author's");
    run.skip_group(where + "#others", others, "entries by others");
  });
}

void collect(ExportRun& run) {
  std::string owner;
  try {
    owner = owner_of(run.source);
  } catch (const Error&) {
    // A profile that cannot be read leaves the owner unknown; its file is noted with the rest.
  }
  for (size_t i = 0; i < run.source.files().size(); ++i) {
    const std::string& path = run.source.files()[i].path;
    const Kind kind = kind_of(path);
    if (kind != Kind::kNone) collect_file(run, i, kind, owner);
    if (is_html_page(path)) {
      run.source.mark_used(i);
      run.collector.refuse(run.source.item(i),
                           {"failed", "exported as HTML; ask Facebook for the JSON format"});
    }
  }
}

}  // namespace

const ExportFormat kFacebookExport = {"facebook", recognises, collect, owner_of};

}  // namespace twin
