#include "collection/web/feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/http_client.h"
#include "base/json.h"
#include "collection/web/html_text.h"
#include "collection/web/iso_date.h"
#include "collection/web/xml.h"
#include "text/unicode.h"

namespace twin {
namespace {

constexpr size_t kMaxNames = 64;  // authors or tags of one entry

std::string text_of(const XmlNode* element) { return fold_spaces(xml_text(element)); }

void add(std::vector<std::string>& list, std::string value) {
  if (value.empty() || list.size() >= kMaxNames) return;
  if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(std::move(value));
}

// "ada@example.org (Ada Lovelace)" and "Ada Lovelace <ada@example.org>" are Ada Lovelace; an
// address alone is no name.
std::string name_of_person(std::string_view text) {
  const std::string person = html_line_to_text(text);
  if (person.find('@') == std::string::npos) return person;
  const size_t open = person.find('('), close = person.rfind(')');
  if (open != std::string::npos && close != std::string::npos && open < close) {
    return fold_spaces(std::string_view(person).substr(open + 1, close - open - 1));
  }
  const size_t angle = person.find('<');
  return angle == std::string::npos || angle == 0 ? std::string()
                                                  : fold_spaces(person.substr(0, angle));
}

// Whether a text ends as an excerpt does: "[…]", "Continue reading on Medium »", "Read more".
bool is_cut_off(std::string_view content) {
  constexpr size_t kTail = 400;
  std::string tail(content.substr(content.size() - std::min(kTail, content.size())));
  const size_t complete = tail.find_first_of("<&");  // the cut may fall into a tag
  if (content.size() > kTail && complete != std::string::npos) tail.erase(0, complete);
  tail = lower(html_line_to_text(tail));
  for (const std::string_view mark :
       {"[…]", "[...]", "continue reading", "continue reading →", "continue reading...",
        "continue reading…", "read more", "read more »", "read more...", "read more…"}) {
    if (tail.ends_with(mark)) return true;
  }
  return tail.find("continue reading on medium") != std::string::npos;
}

// Fills in content and whether it is all of the post.
void set_content(FeedEntry& entry, std::string content, std::string summary) {
  const bool has_content = content.find_first_not_of(" \t\r\n") != std::string::npos;
  entry.content = has_content ? std::move(content) : std::move(summary);
  entry.is_whole = has_content && !is_cut_off(entry.content);
}

// --- RSS ---

FeedEntry rss_entry(const XmlNode* item) {
  FeedEntry entry;
  std::string content, summary, original, atom_link, changed, media_title;
  bool guid_is_link = true;
  for (const XmlNode* e = first_element(item); e != nullptr; e = next_element(e)) {
    const std::string name = xml_name(e);
    if (name == "title") {
      entry.title = html_line_to_text(xml_text(e));
    } else if (name == "dc:title" || name == "media:title") {
      media_title = html_line_to_text(xml_text(e));
    } else if (name == "link") {
      entry.link = xml_link(e, text_of(e));
    } else if (name == "atom:link") {
      const std::string rel = xml_attribute(e, "rel");
      if (rel.empty() || rel == "alternate") atom_link = xml_link(e, xml_attribute(e, "href"));
    } else if (name == "guid") {
      entry.id = text_of(e);
      guid_is_link = lower(xml_attribute(e, "isPermaLink")) != "false";
    } else if (name == "feedburner:origLink") {
      original = text_of(e);
    } else if (name == "pubDate" || name == "dc:date" || name == "dcterms:created" ||
               name == "dcterms:issued") {
      if (entry.date.empty()) entry.date = iso_date(xml_text(e));
    } else if (name == "atom:updated" || name == "dcterms:modified") {
      changed = iso_date(xml_text(e));
    } else if (name == "dc:creator" || name == "author") {
      const XmlNode* inner = first_element(e);  // <author><name>, against the specification
      add(entry.authors, name_of_person(xml_text(inner == nullptr ? e : inner)));
    } else if (name == "category" || name == "dc:subject") {
      add(entry.tags, html_line_to_text(xml_text(e)));
    } else if (name == "content:encoded") {
      content = xml_text(e);
    } else if (name == "description") {
      summary = first_element(e) == nullptr ? xml_text(e) : xml_inner_html(e);
    } else if (name == "dc:language") {
      entry.language = text_of(e);
    }
  }
  if (!original.empty()) entry.link = original;
  if (entry.link.empty()) entry.link = atom_link;
  if (entry.link.empty() && guid_is_link && is_http_url(entry.id)) entry.link = entry.id;
  if (entry.title.empty()) entry.title = media_title;
  if (entry.date.empty()) entry.date = changed;
  set_content(entry, std::move(content), std::move(summary));
  return entry;
}

void read_rss_channel(const XmlNode* channel, Feed& feed, const FeedLimits& limits) {
  for (const XmlNode* e = first_element(channel); e != nullptr; e = next_element(e)) {
    const std::string name = xml_name(e);
    if (name == "title") {
      feed.title = html_line_to_text(xml_text(e));
    } else if (name == "link") {
      feed.link = xml_link(e, text_of(e));
    } else if (name == "atom:link") {
      const std::string rel = xml_attribute(e, "rel");
      if (rel == "next" || rel == "prev-archive") {
        feed.next = xml_link(e, xml_attribute(e, "href"));
      }
    } else if (name == "language" || name == "dc:language") {
      feed.language = text_of(e);
    } else if (name == "generator") {
      feed.generator = text_of(e);
    } else if (name == "item" && feed.entries.size() < limits.max_entries) {
      feed.entries.push_back(rss_entry(e));
    }
  }
}

// RSS 0.9x and 2.0 have the items in the channel, 0.90 and 1.0 beside it.
void read_rss(const XmlNode* root, Feed& feed, const FeedLimits& limits) {
  feed.kind = FeedKind::kRss;
  for (const XmlNode* e = first_element(root); e != nullptr; e = next_element(e)) {
    const std::string name = xml_name(e);
    if (name == "channel") read_rss_channel(e, feed, limits);
    if (name == "item" && feed.entries.size() < limits.max_entries) {
      feed.entries.push_back(rss_entry(e));
    }
  }
}

// --- Atom ---

std::string atom_line(const XmlNode* element) {
  const std::string type = lower(xml_attribute(element, "type"));
  const bool is_html = type == "html" || type == "text/html";
  return is_html ? html_line_to_text(xml_text(element)) : text_of(element);
}

// A text construct's value; HTML where `is_html`. Empty where it stands elsewhere (src).
std::string atom_content(const XmlNode* element, bool& is_html) {
  const std::string type = lower(xml_attribute(element, "type"));
  is_html = true;
  if (type == "xhtml" || type == "application/xhtml+xml") return xml_inner_html(element);
  const bool escaped = lower(xml_attribute(element, "mode")) == "escaped";  // Atom 0.3
  if (type == "html" || (type == "text/html" && (escaped || first_element(element) == nullptr))) {
    return xml_text(element);
  }
  if (type == "text/html") return xml_inner_html(element);
  is_html = false;
  return type.empty() || type == "text" || type == "text/plain" ? xml_text(element) : std::string();
}

void add_atom_author(const XmlNode* author, std::vector<std::string>& authors) {
  for (const XmlNode* e = first_element(author); e != nullptr; e = next_element(e)) {
    if (xml_name(e) == "name") add(authors, name_of_person(xml_text(e)));
  }
}

FeedEntry atom_entry(const XmlNode* element) {
  FeedEntry entry;
  std::vector<std::string> source_authors;
  std::string content, summary, changed, original;
  bool content_is_html = true, summary_is_html = true;
  for (const XmlNode* e = first_element(element); e != nullptr; e = next_element(e)) {
    const std::string name = xml_name(e);
    if (name == "title") {
      entry.title = atom_line(e);
    } else if (name == "id") {
      entry.id = text_of(e);
    } else if (name == "link") {
      const std::string rel = xml_attribute(e, "rel"), type = lower(xml_attribute(e, "type"));
      const bool page = type.empty() || type.find("html") != std::string::npos;
      if ((rel.empty() || rel == "alternate") && (entry.link.empty() || page)) {
        entry.link = xml_link(e, xml_attribute(e, "href"));
      }
    } else if (name == "feedburner:origLink") {
      original = text_of(e);
    } else if (name == "published" || name == "issued" || name == "created") {
      if (entry.date.empty()) entry.date = iso_date(xml_text(e));
    } else if (name == "updated" || name == "modified") {
      changed = iso_date(xml_text(e));
    } else if (name == "author") {
      add_atom_author(e, entry.authors);
    } else if (name == "dc:creator") {
      add(entry.authors, name_of_person(xml_text(e)));
    } else if (name == "source") {
      for (const XmlNode* s = first_element(e); s != nullptr; s = next_element(s)) {
        if (xml_name(s) == "author") add_atom_author(s, source_authors);
      }
    } else if (name == "category") {
      const std::string label = xml_attribute(e, "label");
      add(entry.tags, fold_spaces(label.empty() ? xml_attribute(e, "term") : label));
    } else if (name == "content") {
      content = atom_content(e, content_is_html);
    } else if (name == "summary") {
      summary = atom_content(e, summary_is_html);
    }
  }
  entry.language = xml_attribute(element, "lang");
  if (!original.empty()) entry.link = original;
  if (entry.authors.empty()) entry.authors = std::move(source_authors);
  if (entry.date.empty()) entry.date = changed;
  set_content(entry, std::move(content), std::move(summary));
  entry.is_html = entry.is_whole || entry.content.empty() ? content_is_html : summary_is_html;
  return entry;
}

void read_atom(const XmlNode* root, Feed& feed, const FeedLimits& limits) {
  feed.kind = FeedKind::kAtom;
  feed.language = xml_attribute(root, "lang");
  std::vector<std::string> authors;
  for (const XmlNode* e = first_element(root); e != nullptr; e = next_element(e)) {
    const std::string name = xml_name(e);
    if (name == "title") {
      feed.title = atom_line(e);
    } else if (name == "link") {
      const std::string rel = xml_attribute(e, "rel"), link = xml_attribute(e, "href");
      if (rel.empty() || rel == "alternate") feed.link = xml_link(e, link);
      if (rel == "next" || rel == "prev-archive") feed.next = xml_link(e, link);
    } else if (name == "generator") {
      feed.generator = fold_spaces(xml_text(e) + ' ' + xml_attribute(e, "uri"));
    } else if (name == "author") {
      add_atom_author(e, authors);
    } else if (name == "entry" && feed.entries.size() < limits.max_entries) {
      feed.entries.push_back(atom_entry(e));
    }
  }
  for (FeedEntry& entry : feed.entries) {
    if (entry.authors.empty()) entry.authors = authors;
  }
}

// --- JSON Feed ---

std::string member(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) return {};
  if (found->is_number_integer()) return std::to_string(found->get<int64_t>());  // an id
  return found->is_string() ? found->get<std::string>() : std::string();
}

// `authors` of version 1.1, `author` of version 1.
std::vector<std::string> json_authors(const Json& object) {
  std::vector<std::string> names;
  if (const auto list = object.find("authors"); list != object.end() && list->is_array()) {
    for (const Json& author : *list) {
      if (author.is_object()) add(names, fold_spaces(member(author, "name")));
    }
  }
  const auto author = object.find("author");
  if (names.empty() && author != object.end() && author->is_object()) {
    add(names, fold_spaces(member(*author, "name")));
  }
  return names;
}

FeedEntry json_entry(const Json& item) {
  FeedEntry entry;
  entry.id = member(item, "id");
  entry.link = member(item, "url");
  if (entry.link.empty()) entry.link = member(item, "external_url");
  if (entry.link.empty() && is_http_url(entry.id)) entry.link = entry.id;
  entry.title = fold_spaces(member(item, "title"));
  entry.date = iso_date(member(item, "date_published"));
  if (entry.date.empty()) entry.date = iso_date(member(item, "date_modified"));
  entry.language = member(item, "language");
  entry.authors = json_authors(item);
  if (const auto tags = item.find("tags"); tags != item.end() && tags->is_array()) {
    for (const Json& tag : *tags) {
      if (tag.is_string()) add(entry.tags, fold_spaces(tag.get<std::string>()));
    }
  }
  std::string content = member(item, "content_html");
  entry.is_html = !content.empty();
  if (content.empty()) content = member(item, "content_text");
  set_content(entry, std::move(content), member(item, "summary"));
  return entry;
}

void read_json_feed(const Json& root, std::string_view where, Feed& feed,
                    const FeedLimits& limits) {
  const auto items = root.find("items");
  if (!member(root, "version").starts_with("https://jsonfeed.org/") || items == root.end() ||
      !items->is_array()) {
    throw Error(ErrorCode::kBadInput,
                fmt::format("{}: JSON, but no JSON Feed: it has no version of jsonfeed.org or no "
                            "items",
                            where));
  }
  feed.kind = FeedKind::kJson;
  feed.title = fold_spaces(member(root, "title"));
  feed.link = member(root, "home_page_url");
  feed.language = member(root, "language");
  feed.next = member(root, "next_url");
  const std::vector<std::string> authors = json_authors(root);
  for (const Json& item : *items) {
    if (!item.is_object() || feed.entries.size() >= limits.max_entries) continue;
    feed.entries.push_back(json_entry(item));
    if (feed.entries.back().authors.empty()) feed.entries.back().authors = authors;
  }
}

}  // namespace

Feed read_feed(std::string_view bytes, std::string_view where, std::string_view charset,
               const FeedLimits& limits) {
  Feed feed;
  constexpr std::string_view kMark = "\xef\xbb\xbf";
  std::string_view text = bytes.starts_with(kMark) ? bytes.substr(kMark.size()) : bytes;
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin != std::string_view::npos && text[begin] == '{') {
    read_json_feed(parse_json(text, where, {.max_bytes = limits.max_bytes}), where, feed, limits);
    return feed;
  }
  const XmlDocument document(bytes, where, charset, limits.max_bytes);
  feed.well_formed = document.well_formed();
  const std::string name = xml_name(document.root());
  if (name == "rss" || name == "RDF" || name == "rdf:RDF") {
    read_rss(document.root(), feed, limits);
  } else if (name == "feed") {
    read_atom(document.root(), feed, limits);
  } else {
    throw Error(ErrorCode::kBadInput,
                fmt::format("{}: no feed: expected <rss>, <rdf:RDF> or <feed>, found <{}>", where,
                            name.substr(0, 40)));
  }
  return feed;
}

}  // namespace twin
