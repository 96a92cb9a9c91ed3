#include "collection/web/path_kind.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "text/unicode.h"

namespace twin {
namespace {

// Folders whose pages are posts, and which list them.
constexpr std::array<std::string_view, 28> kPostFolders = {
    "p",        "post",    "posts",    "blog",    "blogs",   "weblog",  "article",
    "articles", "writing", "writings", "essay",   "essays",  "entry",   "entries",
    "journal",  "log",     "story",    "stories", "note",    "notes",   "archive",
    "archives", "news",    "thoughts", "musings", "letters", "columns", "dispatches"};
// Folders below which nothing is a post.
constexpr std::array<std::string_view, 47> kOtherFolders = {
    "tag",     "tags",       "category",   "categories", "topic",       "topics",    "label",
    "labels",  "author",     "authors",    "user",       "users",       "profile",   "people",
    "login",   "signin",     "sign-in",    "signup",     "register",    "account",   "cart",
    "shop",    "product",    "products",   "checkout",   "search",      "feed",      "feeds",
    "rss",     "wp-admin",   "wp-content", "wp-json",    "wp-includes", "comment",   "comments",
    "cdn-cgi", "static",     "assets",     "images",     "share",       "subscribe", "ghost",
    "members", "membership", "m",          "series",     "collections"};
// Pages that every site has.
constexpr std::array<std::string_view, 42> kOtherPages = {
    "about",         "about-me",   "about-us",        "aboutme",     "contact",
    "contact-us",    "privacy",    "privacy-policy",  "terms",       "terms-of-service",
    "tos",           "imprint",    "impressum",       "datenschutz", "cookies",
    "cookie-policy", "legal",      "colophon",        "now",         "uses",
    "links",         "blogroll",   "recommendations", "search",      "login",
    "logout",        "signin",     "signup",          "sign-in",     "sign-up",
    "subscribe",     "newsletter", "donate",          "support",     "jobs",
    "careers",       "cv",         "resume",          "404",         "wp-login.php",
    "followers",     "following"};
constexpr std::array<std::string_view, 31> kOtherEndings = {
    ".jpg", ".jpeg", ".png",  ".gif",  ".webp",        ".svg",  ".ico",  ".css",
    ".js",  ".json", ".xml",  ".rss",  ".atom",        ".gz",   ".zip",  ".pdf",
    ".mp3", ".mp4",  ".m4a",  ".ogg",  ".webm",        ".mov",  ".txt",  ".md",
    ".ics", ".doc",  ".docx", ".epub", ".webmanifest", ".woff", ".woff2"};

template <size_t N>
bool contains(const std::array<std::string_view, N>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool is_number(std::string_view text, size_t min_digits, size_t max_digits) {
  return text.size() >= min_digits && text.size() <= max_digits &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_year(std::string_view text) {
  return is_number(text, 4, 4) && (text.starts_with("19") || text.starts_with("20"));
}

// "2024-05-07-kiln", "20240507-kiln".
bool begins_with_date(std::string_view text) {
  if (text.size() > 11 && is_year(text.substr(0, 4)) && text[4] == '-' &&
      is_number(text.substr(5, 2), 2, 2) && text[7] == '-' && is_number(text.substr(8, 2), 2, 2)) {
    return true;
  }
  return text.size() > 9 && is_year(text.substr(0, 4)) && is_number(text.substr(4, 4), 4, 4) &&
         (text[8] == '-' || text[8] == '_');
}

// Medium's and Hashnode's "kiln-notes-0a1b2c3d4e5f".
bool ends_with_id(std::string_view text) {
  const size_t dash = text.rfind('-');
  if (dash == std::string_view::npos || dash == 0) return false;
  const std::string_view id = text.substr(dash + 1);
  return id.size() >= 10 && id.size() <= 12 && std::all_of(id.begin(), id.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

struct Parts {
  std::vector<std::string> folders;  // of the path, in lower case, the page's name last
  std::string query;
};

Parts parts_of(std::string_view link) {
  Parts parts;
  link = link.substr(0, link.find('#'));
  const size_t question = link.find('?');
  if (question != std::string_view::npos) parts.query = lower(link.substr(question + 1));
  link = link.substr(0, question);
  const size_t host = link.find("://");
  const size_t path = host == std::string_view::npos ? 0 : link.find('/', host + 3);
  if (path == std::string_view::npos) return parts;
  for (std::string_view rest = link.substr(path); !rest.empty();) {
    const size_t end = std::min(rest.find('/'), rest.size());
    if (end > 0) parts.folders.push_back(lower(rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return parts;
}

bool has_parameter(const std::string& query, std::string_view name) {
  size_t at = 0;
  while ((at = query.find(name, at)) != std::string::npos) {
    const bool begins = at == 0 || query[at - 1] == '&';
    at += name.size();
    if (begins && at < query.size() && query[at] == '=') return true;
  }
  return false;
}

// What the query says, where it says it all: WordPress without permalinks, pages of a list.
PathKind kind_of_query(const std::string& query, PathKind otherwise) {
  for (const std::string_view name : {"cat", "tag", "author", "s", "q", "replytocom", "page_id",
                                      "attachment_id", "share", "feed", "preview", "add-to-cart"}) {
    if (has_parameter(query, name)) return PathKind::kOther;
  }
  for (const std::string_view name : {"paged", "page", "updated-max", "max-results", "before"}) {
    if (has_parameter(query, name)) return PathKind::kListing;
  }
  return has_parameter(query, "p") ? PathKind::kPost : otherwise;
}

// Of a path that begins with a year at `at`: years and months list, the rest is posts.
PathKind kind_below_year(const std::vector<std::string>& folders, size_t at) {
  size_t next = at + 1;
  while (next < folders.size() && next <= at + 2 && is_number(folders[next], 1, 2)) ++next;
  if (next == folders.size() || folders[next] == "page") return PathKind::kListing;
  return PathKind::kPost;
}

}  // namespace

PathKind path_kind(std::string_view link) {
  const auto [folders, query] = parts_of(link);
  if (folders.empty()) return kind_of_query(query, PathKind::kListing);
  const std::string& page = folders.back();
  if (page == "index.html" || page == "index.php") {
    if (folders.size() == 1) return kind_of_query(query, PathKind::kListing);
  }
  for (const std::string_view ending : kOtherEndings) {
    if (page.ends_with(ending)) return PathKind::kOther;
  }
  const PathKind by_query = kind_of_query(query, PathKind::kMaybe);
  if (by_query != PathKind::kMaybe) return by_query;
  for (size_t i = 0; i < folders.size(); ++i) {
    const std::string& folder = folders[i];
    if (contains(kOtherFolders, folder)) return PathKind::kOther;
    if (is_year(folder)) return kind_below_year(folders, i);
    if (contains(kPostFolders, folder)) {
      if (i + 1 == folders.size() || folders[i + 1] == "page") return PathKind::kListing;
      const std::string& next = folders[i + 1];
      if (is_year(next)) return kind_below_year(folders, i + 1);
      if (contains(kOtherFolders, next)) return PathKind::kOther;
      // "/p/kiln/comments" and its like belong to the post.
      return folders.size() > i + 2 && contains(kOtherFolders, page) ? PathKind::kOther
                                                                     : PathKind::kPost;
    }
  }
  if (folders.size() >= 2 && folders[folders.size() - 2] == "page" && is_number(page, 1, 5)) {
    return PathKind::kListing;
  }
  if (page == "all" || page == "archive.html" || page == "archives.html" || page == "blog.html") {
    return PathKind::kListing;
  }
  if (begins_with_date(page) || ends_with_id(page)) return PathKind::kPost;
  const std::string name = page.substr(0, page.find(".htm"));
  if (contains(kOtherPages, name)) return PathKind::kOther;
  return PathKind::kMaybe;
}

}  // namespace twin
