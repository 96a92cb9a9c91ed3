#include "text/article/class_words.h"

#include <algorithm>

#include "text/unicode.h"

namespace twin {
namespace {

// Parts of names, lower case. Source: what Readability (github.com/mozilla/readability), jusText
// and trafilatura found on many pages, and what themes of WordPress, Ghost, Blogger and Medium use.
constexpr std::string_view kUnlikely[] = {
    "-ad-",       "ai2html", "banner",    "breadcrumb", "combx",    "comment",  "community",
    "cover-wrap", "disqus",  "extra",     "footer",     "gdpr",     "header",   "legends",
    "menu",       "related", "remark",    "replies",    "rss",      "shoutbox", "sidebar",
    "skyscraper", "social",  "sponsor",   "supplement", "ad-break", "agegate",  "pagination",
    "pager",      "popup",   "yom-remote"};
constexpr std::string_view kMaybe[] = {"and",     "article", "body",    "column",
                                       "content", "main",    "mathjax", "shadow"};
constexpr std::string_view kPositive[] = {"article",    "body", "content", "entry",
                                          "hentry",     "main", "page",    "post",
                                          "pagination", "text", "blog",    "story"};
constexpr std::string_view kNegative[] = {
    "-ad-",  "hidden",   "banner",  "combx",      "comment",  "com-",     "contact", "footer",
    "gdpr",  "masthead", "media",   "meta",       "outbrain", "promo",    "related", "scroll",
    "share", "shoutbox", "sidebar", "skyscraper", "sponsor",  "shopping", "tags",    "widget"};

// What readers wrote, below an article.
constexpr std::string_view kComments[] = {"disqus",           "comment-list",    "commentlist",
                                          "comments-area",    "comment-thread",  "fb-comments",
                                          "comments-section", "comment-section", "livefyre"};
// Boxes that sites put into the middle of articles.
constexpr std::string_view kChrome[] = {
    "newsletter",         "sign-up",     "signup",          "subscribe-",     "subscription-",
    "subscribe_",         "cookie",      "consent",         "paywall",        "related-",
    "related_",           "read-more-",  "readmore",        "read-also",      "also-read",
    "recommended-",       "recirc",      "more-stories",    "most-read",      "most-popular",
    "outbrain",           "taboola",     "advert",          "ad-container",   "ad-slot",
    "ad-wrapper",         "adsbygoogle", "google-ad",       "sharedaddy",     "jp-relatedposts",
    "addtoany",           "author-bio",  "author-box",      "about-author",   "print-only",
    "screen-reader-text", "sr-only",     "visually-hidden", "visuallyhidden", "skip-link",
    "post-navigation",    "nav-links",   "tag-list",        "tags-links"};

constexpr std::string_view kByline[] = {"byline", "author", "dateline", "writtenby"};
constexpr std::string_view kDateline[] = {"dateline",     "byline",      "timestamp", "publish",
                                          "pubdate",      "entry-date",  "post-date", "post_date",
                                          "article-date", "date-header", "post-meta", "entry-meta",
                                          "story-date",   "date-posted"};

// Whole classes and ids that hold an article's text in the themes of WordPress, Blogger, Ghost,
// Hugo and Drupal, and on newspapers' pages; "-" stands for "_" and "__" too.
constexpr std::string_view kBody[] = {"articlebody",
                                      "article-body",
                                      "article-content",
                                      "article-text",
                                      "articletext",
                                      "article-body-text",
                                      "article-body-content",
                                      "article-main-text",
                                      "story-body",
                                      "storybody",
                                      "story-content",
                                      "story-text",
                                      "story-body-text",
                                      "entry-content",
                                      "e-content",
                                      "post-content",
                                      "post-body",
                                      "postbody",
                                      "post-text",
                                      "post-entry",
                                      "blog-content",
                                      "blog-post-content",
                                      "td-post-content",
                                      "gh-content",
                                      "body-copy",
                                      "body-text",
                                      "content-body",
                                      "main-article-text",
                                      "field-name-body",
                                      "news-text",
                                      "news-content",
                                      "single-post-content"};

enum Bits : unsigned {
  kIsUnlikely = 1,
  kIsMaybe = 2,
  kIsPositive = 4,
  kIsNegative = 8,
  kIsComments = 16,
  kIsShare = 32,
  kIsChrome = 64,
  kIsByline = 128,
  kIsDateline = 256,
  kIsBody = 512
};

template <size_t N>
bool has_any(std::string_view name, const std::string_view (&parts)[N]) {
  return std::any_of(std::begin(parts), std::end(parts), [&](std::string_view part) {
    return name.find(part) != std::string_view::npos;
  });
}

// Whether `word` stands in the name between ends, white space, '-' or '_'.
bool has_word(std::string_view name, std::string_view word) {
  const auto ends = [&](size_t at) {
    return at >= name.size() ||
           std::string_view(" -_\t\n\r").find(name[at]) != std::string_view::npos;
  };
  for (size_t at = name.find(word); at != std::string_view::npos; at = name.find(word, at + 1)) {
    if ((at == 0 || ends(at - 1)) && ends(at + word.size())) return true;
  }
  return false;
}

bool names_body(std::string_view name) {
  std::string plain;  // " entry-content " for "entry__content"
  for (const char c : name) {
    const char mark = c == '_' ? '-' : c == '\n' || c == '\t' ? ' ' : c;
    if (mark != '-' || !plain.ends_with('-')) plain += mark;
  }
  return std::any_of(std::begin(kBody), std::end(kBody), [&](std::string_view body) {
    const size_t at = plain.find(body);
    return at != std::string::npos && (at == 0 || plain[at - 1] == ' ') &&
           (at + body.size() == plain.size() || plain[at + body.size()] == ' ');
  });
}

}  // namespace

unsigned ClassWordReader::bits(std::string_view name) {
  if (name.empty()) return 0;
  const auto [found, is_new] = known_.try_emplace(name, 0);
  if (!is_new) return found->second;
  const std::string lowered = lower(name.substr(0, 1000));
  unsigned bits = 0;
  if (has_any(lowered, kUnlikely)) bits |= kIsUnlikely;
  if (has_any(lowered, kMaybe)) bits |= kIsMaybe;
  if (has_any(lowered, kPositive)) bits |= kIsPositive;
  if (has_any(lowered, kNegative) || has_word(lowered, "hid")) bits |= kIsNegative;
  if (has_any(lowered, kByline)) bits |= kIsByline;
  if (has_any(lowered, kDateline)) bits |= kIsDateline;
  if (names_body(lowered)) bits |= kIsBody;
  if (has_any(lowered, kComments)) bits |= kIsComments;
  if (has_any(lowered, kChrome)) bits |= kIsChrome;
  if (has_word(lowered, "share") || has_word(lowered, "sharedaddy")) bits |= kIsShare;
  return found->second = bits;
}

ClassWords ClassWordReader::read(size_t node) {
  if (tree_[node].attribute_count == 0) return {};
  const unsigned of_class = bits(tree_.attribute(node, "class"));
  const unsigned of_id = bits(tree_.attribute(node, "id"));
  const unsigned both = of_class | of_id;
  ClassWords words;
  words.unlikely = (both & kIsUnlikely) != 0;
  words.maybe = (both & kIsMaybe) != 0;
  words.comments = (both & kIsComments) != 0;
  words.share = (both & kIsShare) != 0;
  words.chrome = (both & kIsChrome) != 0;
  words.body = (both & kIsBody) != 0;
  words.byline = (both & kIsByline) != 0;
  words.dateline = (both & kIsDateline) != 0;
  for (const unsigned bits : {of_class, of_id}) {
    if ((bits & kIsNegative) != 0) words.weight -= 25;
    if ((bits & kIsPositive) != 0) words.weight += 25;
  }
  return words;
}

}  // namespace twin
