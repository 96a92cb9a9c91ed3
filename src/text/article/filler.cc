#include "text/article/filler.h"

#include <algorithm>
#include <string>

#include "text/unicode.h"

namespace twin {
namespace {

// Folded, whole.
constexpr std::string_view kWhole[] = {"advertisement",
                                       "advertisements",
                                       "advertising",
                                       "anzeige",
                                       "publicité",
                                       "publicidad",
                                       "pubblicità",
                                       "реклама",
                                       "story continues below",
                                       "story continues below advertisement",
                                       "article continues below advertisement",
                                       "article continues after advertisement",
                                       "continue reading the main story",
                                       "continue reading below",
                                       "skip advertisement",
                                       "loading...",
                                       "loading…",
                                       "share",
                                       "share this",
                                       "share this article",
                                       "share this story",
                                       "share this post",
                                       "share on facebook",
                                       "share on twitter",
                                       "tweet",
                                       "email this",
                                       "print",
                                       "print this page",
                                       "copy link",
                                       "link copied",
                                       "follow us",
                                       "read more",
                                       "more",
                                       "related",
                                       "related articles",
                                       "related stories",
                                       "related posts",
                                       "related topics",
                                       "related coverage",
                                       "you may also like",
                                       "you might also like",
                                       "recommended",
                                       "recommended for you",
                                       "more from this author",
                                       "most popular",
                                       "most read",
                                       "trending",
                                       "trending now",
                                       "leave a comment",
                                       "leave a reply",
                                       "no comments",
                                       "0 comments",
                                       "view comments",
                                       "show comments",
                                       "post a comment",
                                       "join the conversation",
                                       "back to top",
                                       "sign up",
                                       "subscribe",
                                       "subscribe now",
                                       "thank you for subscribing"};

// Folded, the beginning of a line that is a link.
constexpr std::string_view kBeforeLinks[] = {
    "read more:",    "read more |",  "read also:",     "also read:",     "also read |",
    "read next:",    "related:",     "related |",      "see also:",      "more:",
    "read:",         "watch:",       "listen:",        "next:",          "previous:",
    "up next:",      "don't miss:",  "lesen sie auch", "mehr zum thema", "lire aussi",
    "à lire aussi",  "leia também",  "leia mais",      "lea también",    "lee también",
    "leggi anche",   "lees ook",     "läs också",      "les også",       "читайте также",
    "читайте також", "czytaj także", "čtěte také"};

}  // namespace

bool is_filler(std::string_view text, bool linked) {
  if (text.empty() || text.size() > 4 * kMaxFillerCharacters) return false;
  std::string folded = fold(text);
  while (folded.ends_with(' ') || folded.ends_with(':')) folded.pop_back();
  if (std::find(std::begin(kWhole), std::end(kWhole), folded) != std::end(kWhole)) return true;
  return linked && std::any_of(std::begin(kBeforeLinks), std::end(kBeforeLinks),
                               [&](std::string_view begin) { return folded.starts_with(begin); });
}

}  // namespace twin
