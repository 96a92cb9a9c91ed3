#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "collection/exports/export_format.h"
#include "collection/exports/export_text.h"
#include "collection/warehouse.h"
#include "text/unicode.h"

// The archive of X (Twitter): data/tweets.js and data/tweets-partN.js (tweet.js before 2022),
// data/community-tweet.js, data/note-tweet.js with the whole text of long posts, data/account.js.
// Each is `window.YTD.NAME.partN = ` and a JSON list.
// Source: data/README.txt of the archives; https://github.com/TheExGenesis/community-archive,
// docs/archive_data.md.
namespace twin {
namespace {

constexpr std::string_view kExtractor = "x-archive/1";

struct Tweet {
  std::string id, parent, text, date, language, item;
  std::string raw;
  bool reply = false;  // to somebody, the author included
};

struct Account {
  std::string id, name, display_name;
};

std::optional<std::string> root(const ExportSource& source) {
  for (const char* name : {"data/tweets.js", "data/tweet.js", "data/account.js"}) {
    if (auto found = source.root_of(name)) return found;
  }
  return {};
}

bool recognises(ExportSource& source) {
  const auto where = root(source);
  if (!where) return false;
  for (const char* name : {"data/tweets.js", "data/tweet.js", "data/account.js"}) {
    const auto file = source.find(*where + name);
    if (file && source.head(*file, 256).starts_with("window.YTD.")) return true;
  }
  return false;
}

// The list of a file, less the assignment before it. Errors: kBadInput.
std::string_view list_of(const std::string& script, const std::string& where) {
  const size_t begin = script.find('[');
  if (begin == script.npos) throw Error(ErrorCode::kBadInput, where + ": holds no list");
  std::string_view list = std::string_view(script).substr(begin);
  while (!list.empty() &&
         (list.back() == ';' || list.back() == '\n' || list.back() == '\r' || list.back() == ' ')) {
    list.remove_suffix(1);
  }
  if (!Json::accept(list)) parse_json(list, where);  // says where it is broken
  return list;
}

Account account_of(ExportSource& source, const std::string& root) {
  const auto file = source.find(root + "data/account.js");
  if (!file) return {};
  const std::string script = source.head(*file, 1 << 20);
  const Json list = parse_json(list_of(script, "account.js"), "account.js");
  if (!list.is_array() || list.empty() || !list[0].contains("account")) return {};
  const Json& account = list[0]["account"];
  return {text_member(account, "accountId"), text_member(account, "username"),
          text_member(account, "accountDisplayName")};
}

// The text with the links that were shortened written out, those to the post's own pictures left
// out, and in an answer without the names of whom it answers, which X puts before it.
std::string text_of(const Json& tweet, bool reply) {
  std::string text = text_member(tweet, "full_text");
  if (text.empty()) text = text_member(tweet, "text");
  const auto range = tweet.find("display_text_range");
  if (reply && range != tweet.end() && range->is_array() && !range->empty() &&
      (*range)[0].is_string()) {
    size_t points = std::strtoul((*range)[0].get<std::string>().c_str(), nullptr, 10), at = 0;
    while (points-- > 0 && at < text.size()) at += code_point_at(text, at).bytes;
    text.erase(0, at);
  }
  const auto each = [&](const char* group, const char* list, const auto& visit) {
    const auto entities = tweet.find(group);
    if (entities == tweet.end() || !entities->is_object()) return;
    const auto found = entities->find(list);
    if (found == entities->end() || !found->is_array()) return;
    for (const Json& entity : *found) visit(text_member(entity, "url"), entity);
  };
  each("entities", "urls", [&](const std::string& url, const Json& entity) {
    const std::string whole = text_member(entity, "expanded_url");
    if (!whole.empty()) text = replace_all(std::move(text), url, whole);
  });
  for (const char* group : {"entities", "extended_entities"}) {
    each(group, "media", [&](const std::string& url, const Json&) {
      text = replace_all(std::move(text), url, "");
    });
  }
  return std::string(trim(unescape_basic_entities(text)));
}

// Ids are numbers in the order of their making, too long for a double.
bool older(const std::string& a, const std::string& b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}
struct Older {
  bool operator()(const std::string& a, const std::string& b) const { return older(a, b); }
};

struct Note {
  std::string id, text, raw, item, date;
  bool used = false;
};

class TweetArchive {
 public:
  explicit TweetArchive(ExportRun& run) : run_(run), root_(root(run.source).value()) {}

  void collect() {
    run_.attempt(run_.source.where() + '/' + root_ + "data/account.js",
                 [&] { account_ = account_of(run_.source, root_); });
    for (const char* name : {"data/tweets", "data/tweet", "data/community-tweet"}) {
      for (const size_t file : run_.source.matching(root_ + name, ".js")) {
        const std::string rest = part_of(file, name);
        if (rest.empty() || rest.starts_with("-part")) read_tweets(file);
      }
    }
    for (const size_t file : run_.source.matching(root_ + "data/note-tweet", ".js")) {
      const std::string rest = part_of(file, "data/note-tweet");
      if (rest.empty() || rest.starts_with("-part")) read_notes(file);
    }
    for (auto& [id, tweet] : tweets_) complete(tweet);
    keep_threads();
    keep_notes();
  }

 private:
  std::string part_of(size_t file, std::string_view name) const {
    const std::string& path = run_.source.files()[file].path;
    const size_t begin = root_.size() + name.size();
    return path.substr(begin, path.size() - begin - 3);
  }

  void read_tweets(size_t file) {
    const std::string where = run_.source.item(file);
    run_.attempt(where, [&] {
      const std::string script = run_.source.read(file, run_.options.max_table_bytes);
      size_t retweets = 0;
      for (const std::string_view raw : list_elements(list_of(script, where))) {
        stop_if_interrupted(run_.collector.context());
        const Json element = parse_json(raw, where);
        const Json& json = element.contains("tweet") ? element["tweet"] : element;
        Tweet tweet;
        tweet.id = text_member(json, "id_str");
        if (tweet.id.empty()) tweet.id = text_member(json, "id");
        tweet.item = where + '#' + tweet.id;
        if (tweet.id.empty()) {
          run_.collector.refuse(where + "#?", {"failed", "a post without 'id_str'"});
          continue;
        }
        const std::string full = text_member(json, "full_text");
        if (full.starts_with("RT @") || json.contains("retweeted_status")) {
          ++retweets;
          continue;
        }
        tweet.parent = text_member(json, "in_reply_to_status_id_str");
        if (tweet.parent.empty()) tweet.parent = text_member(json, "in_reply_to_status_id");
        tweet.reply = !tweet.parent.empty() || json.contains("in_reply_to_user_id_str") ||
                      json.contains("in_reply_to_user_id");
        tweet.text = text_of(json, tweet.reply);
        tweet.date = iso_from_tweet_date(text_member(json, "created_at"));
        tweet.language = text_member(json, "lang");
        tweet.raw = raw;
        tweets_.emplace(tweet.id, std::move(tweet));
      }
      run_.skip_group(where + "#retweets", retweets, "retweets: the words of others");
    });
  }

  void read_notes(size_t file) {
    const std::string where = run_.source.item(file);
    run_.attempt(where, [&] {
      const std::string script = run_.source.read(file, run_.options.max_table_bytes);
      for (const std::string_view raw : list_elements(list_of(script, where))) {
        const Json element = parse_json(raw, where);
        const Json& json = element.contains("noteTweet") ? element["noteTweet"] : element;
        if (!json.is_object() || !json.contains("core")) continue;
        Note note;
        note.id = text_member(json, "noteTweetId");
        note.text = text_member(json["core"], "text");
        const auto urls = json["core"].find("urls");
        if (urls != json["core"].end() && urls->is_array()) {
          for (const Json& url : *urls) {
            const std::string whole = text_member(url, "expandedUrl");
            if (!whole.empty()) {
              note.text = replace_all(std::move(note.text), text_member(url, "shortUrl"), whole);
            }
          }
        }
        note.text = std::string(trim(unescape_basic_entities(note.text)));
        note.date = text_member(json, "createdAt");
        note.raw = raw;
        note.item = where + '#' + note.id;
        notes_.push_back(std::move(note));
      }
    });
  }

  // A long post stands cut off among the tweets; its whole text is the note that begins like it and
  // was made at that time.
  void complete(Tweet& tweet) {
    if (notes_.empty() || tweet.text.size() < 40) return;
    std::string begin = tweet.text;
    if (const size_t link = begin.rfind("https://t.co/"); link != begin.npos) begin.resize(link);
    while (!begin.empty() && (begin.ends_with("…") || begin.back() == ' ')) {
      begin.resize(begin.size() - (begin.back() == ' ' ? 1 : 3));
    }
    for (Note& note : notes_) {
      const bool same_day = note.date.substr(0, 10) == tweet.date.substr(0, 10);
      if (note.used || !same_day || !note.text.starts_with(begin)) continue;
      if (note.text.size() <= begin.size()) continue;
      note.used = true;
      tweet.text = note.text;
      tweet.raw += '\n' + note.raw;
      return;
    }
  }

  // A tweet and the author's answers to it and to those, in order, are one document.
  void keep_threads() {
    std::map<std::string, std::vector<const Tweet*>, Older> threads;  // by the first tweet
    std::map<std::string, std::string> first_of;
    for (const auto& [id, tweet] : tweets_) {
      const auto parent = first_of.find(tweet.parent);  // older, so it is there already
      const std::string& first = first_of[id] = parent == first_of.end() ? id : parent->second;
      threads[first].push_back(&tweet);
    }
    const std::string name = account_.name.empty() ? "i" : account_.name;
    size_t empty = 0;
    for (const auto& [id, thread] : threads) {
      RawDocument document;
      std::set<std::string> languages;
      for (const Tweet* tweet : thread) {
        document.raw += document.raw.empty() ? tweet->raw : '\n' + tweet->raw;
        if (tweet->text.empty()) continue;
        document.verbatim += document.verbatim.empty() ? tweet->text : "\n\n" + tweet->text;
        languages.insert(tweet->language);
      }
      if (document.verbatim.empty()) {
        ++empty;
        continue;
      }
      const Tweet& first = *thread.front();
      document.link = fmt::format("https://x.com/{}/status/{}", name, id);
      document.date = first.date;
      document.genre = first.reply ? "comment" : "";
      // X guesses: "und" and "qme", "zxx" and the like are no languages.
      if (languages.size() == 1 && languages.begin()->size() == 2) {
        document.language = *languages.begin();
      }
      keep(std::move(document), first.item);
    }
    run_.skip_group(run_.source.where() + '/' + root_ + "data/tweets.js#empty", empty,
                    "posts of pictures alone");
  }

  void keep_notes() {
    for (Note& note : notes_) {
      if (note.used || note.text.empty()) continue;
      RawDocument document;
      document.raw = std::move(note.raw);
      document.verbatim = std::move(note.text);
      document.link = "x:note/" + note.id;
      document.date = note.date;
      keep(std::move(document), note.item);
    }
  }

  void keep(RawDocument document, const std::string& item) {
    document.category = Category::kPosts;
    document.platform = "x";
    document.media_type = "application/json";
    document.extractor = kExtractor;
    run_.attempt(item, [&] { run_.collector.keep(std::move(document), item); });
  }

  ExportRun& run_;
  std::string root_;
  Account account_;
  std::map<std::string, Tweet, Older> tweets_;
  std::vector<Note> notes_;
};

void collect(ExportRun& run) { TweetArchive(run).collect(); }

std::string author(ExportSource& source) {
  return account_of(source, root(source).value()).display_name;
}

}  // namespace

const ExportFormat kTwitterExport = {"x", recognises, collect, author};

}  // namespace twin
