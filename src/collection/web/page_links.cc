#include "collection/web/page_links.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>

#include "collection/web/html_text.h"
#include "collection/web/path_kind.h"
#include "text/html_tree.h"
#include "text/unicode.h"

namespace twin {
namespace {

constexpr size_t kMaxLinks = 20'000;
constexpr size_t kMaxPlaceDepth = 12;

bool has_word(std::string_view list, std::string_view word) {
  const std::string words = ' ' + lower(fold_spaces(list)) + ' ';
  return words.find(fmt::format(" {} ", word)) != std::string::npos;
}

// Whether a class or id says that the element is no content of the page's own.
bool says_chrome(std::string_view names) {
  const std::string text = lower(names);
  for (const std::string_view word :
       {"sidebar", "widget", "menu", "navbar", "footer", "related", "share", "social", "breadcrumb",
        "tagcloud", "tag-list", "comments", "blogroll", "cookie"}) {
    if (text.find(word) != std::string::npos) return true;
  }
  return false;
}

// A page's nodes in the order in which they begin.
class FlatPage {
 public:
  explicit FlatPage(const GumboNode* root) {
    std::vector<std::pair<const GumboNode*, uint32_t>> open = {{root, 0}};
    while (!open.empty()) {
      const auto [node, parent] = open.back();
      open.pop_back();
      const auto at = static_cast<uint32_t>(nodes_.size());
      nodes_.push_back({node, parent});
      if (const GumboVector* children = children_of(node)) {
        for (unsigned i = children->length; i-- > 0;) {
          open.emplace_back(static_cast<const GumboNode*>(children->data[i]), at);
        }
      }
    }
  }

  uint32_t size() const { return static_cast<uint32_t>(nodes_.size()); }
  uint32_t parent(uint32_t node) const { return nodes_[node].parent; }
  bool is_element(uint32_t node) const {
    const GumboNodeType type = nodes_[node].node->type;
    return type == GUMBO_NODE_ELEMENT || type == GUMBO_NODE_TEMPLATE;
  }
  GumboTag tag(uint32_t node) const {
    return is_element(node) ? nodes_[node].node->v.element.tag : GUMBO_TAG_UNKNOWN;
  }
  std::string_view attribute(uint32_t node, const char* name) const {
    if (!is_element(node)) return {};
    const GumboAttribute* found =
        gumbo_get_attribute(&nodes_[node].node->v.element.attributes, name);
    return found == nullptr ? std::string_view() : found->value;
  }
  // All text below the node, white space folded; `images`: their alternative texts instead.
  std::string text_of(uint32_t node, size_t max_bytes, bool images = false) const {
    std::string text;
    for (uint32_t i = node; i < size() && (i == node || is_below(i, node)); ++i) {
      if (text.size() > max_bytes) break;
      const GumboNode* at = nodes_[i].node;
      if (images && tag(i) == GUMBO_TAG_IMG) text += ' ' + std::string(attribute(i, "alt"));
      const bool is_text = at->type == GUMBO_NODE_TEXT || at->type == GUMBO_NODE_WHITESPACE;
      if (!images && is_text) text += at->v.text.text;
    }
    return fold_spaces(text);
  }

 private:
  struct Node {
    const GumboNode* node;
    uint32_t parent;
  };
  static const GumboVector* children_of(const GumboNode* node) {
    if (node->type == GUMBO_NODE_DOCUMENT) return &node->v.document.children;
    const bool element = node->type == GUMBO_NODE_ELEMENT || node->type == GUMBO_NODE_TEMPLATE;
    return element ? &node->v.element.children : nullptr;
  }
  // Of a node after `ancestor`: a parent before it is no longer below it.
  bool is_below(uint32_t node, uint32_t ancestor) const { return nodes_[node].parent >= ancestor; }

  std::vector<Node> nodes_;
};

class LinkReader {
 public:
  LinkReader(const FlatPage& page, const Url& url)
      : page_(page), base_(url), in_chrome_(page.size()), in_article_(page.size()) {}

  PageLinks read() {
    for (uint32_t node = 0; node < page_.size(); ++node) {
      mark(node);
      if (!page_.is_element(node)) continue;
      switch (page_.tag(node)) {
        case GUMBO_TAG_BASE:
          read_base(node);
          break;
        case GUMBO_TAG_LINK:
          read_link_element(node);
          break;
        case GUMBO_TAG_META:
          read_meta(node);
          break;
        case GUMBO_TAG_A:
          read_anchor(node);
          break;
        default:
          break;
      }
    }
    if (!found_.next) found_.next = older_;
    return std::move(found_);
  }

 private:
  void read_base(uint32_t node) {
    if (const auto base = Url::resolve(base_, page_.attribute(node, "href"))) base_ = *base;
  }

  void read_meta(uint32_t node) {
    const std::string_view content = page_.attribute(node, "content");
    if (lower(page_.attribute(node, "name")) == "generator") found_.generator = content;
    if (lower(page_.attribute(node, "property")) == "article:tag")
      add(found_.tags, fold_spaces(content));
  }

  static void add(std::vector<std::string>& names, const std::string& name) {
    const bool known = std::find(names.begin(), names.end(), name) != names.end();
    if (!known && !name.empty() && name.size() <= 80 && names.size() < 64) names.push_back(name);
  }

  void read_link_element(uint32_t node) {
    const std::string_view rel = page_.attribute(node, "rel");
    const std::optional<Url> link = Url::resolve(base_, page_.attribute(node, "href"));
    if (!link) return;
    if (has_word(rel, "next")) found_.next = link;
    if (has_word(rel, "canonical")) found_.canonical = link;
    if (!has_word(rel, "alternate")) return;
    const std::string type = lower(page_.attribute(node, "type"));
    const bool feed =
        type.find("rss") != std::string::npos || type.find("atom") != std::string::npos ||
        type == "application/feed+json" ||
        (type == "application/json" && link->path().find("feed") != std::string::npos);
    const bool of_comments =
        lower(link->path()).find("comments") != std::string::npos ||
        lower(page_.attribute(node, "title")).find("comment") != std::string::npos;
    if (!feed || of_comments || found_.feeds.size() >= 16) return;
    if (std::find(found_.feeds.begin(), found_.feeds.end(), *link) == found_.feeds.end()) {
      found_.feeds.push_back(*link);
    }
  }

  void read_anchor(uint32_t node) {
    const std::string_view href = page_.attribute(node, "href");
    if (href.starts_with('#') || found_.links.size() >= kMaxLinks) return;
    const std::optional<Url> url = Url::resolve(base_, href);
    if (!url) return;
    std::string text = page_.text_of(node, 400);
    if (text.empty()) text = page_.text_of(node, 400, true);
    // Not those of a cloud in the sidebar.
    if (has_word(page_.attribute(node, "rel"), "tag") && !in_chrome_[node]) {
      add(found_.tags, text);
    }
    if (has_word(page_.attribute(node, "rel"), "author") && !in_chrome_[node]) {
      add(found_.authors, text);
    }
    note_paging(node, *url, text);
    const auto [known, is_new] = known_.try_emplace(url->text(), found_.links.size());
    PageLink link{*url, text, place_of(node), in_chrome_[node]};
    if (is_new) {
      found_.links.push_back(std::move(link));
    } else if (PageLink& other = found_.links[known->second];
               std::pair(link.in_chrome, other.text.size()) <
               std::pair(other.in_chrome, link.text.size())) {
      other = std::move(link);
    }
  }

  // A link to the next page by what it says; the page's own word (rel=next) counts more.
  void note_paging(uint32_t node, const Url& url, const std::string& text) {
    if (has_word(page_.attribute(node, "rel"), "next") && !found_.next) {
      // "Next" below an article is another article; below a list it is a list.
      if (path_kind(url.text()) != PathKind::kPost) found_.next = url;
      return;
    }
    if (older_ || text.empty() || text.size() > 40) return;
    const std::string words = lower(text);
    for (const std::string_view mark :
         {"older posts", "older entries", "older", "next page", "next", "load more", "more posts",
          "previous entries", "previous posts", "ältere beiträge", "ältere posts", "nächste seite",
          "articles plus anciens", "entradas antiguas", "entradas más antiguas"}) {
      const size_t at = words.find(mark);
      // The words alone, but for arrows around them.
      if (at == std::string::npos || words.size() > mark.size() + 8) continue;
      if (path_kind(url.text()) == PathKind::kListing) older_ = url;
      return;
    }
  }

  std::string place_of(uint32_t node) const {
    std::string place;
    uint32_t at = node;
    for (size_t depth = 0; depth < kMaxPlaceDepth && at != 0; ++depth, at = page_.parent(at)) {
      std::string_view name = page_.attribute(at, "class");
      name = name.substr(0, name.find(' '));  // further classes tell one row from the other
      name = name.substr(0, name.find_first_of("0123456789"));  // "post-117"
      place.insert(0, fmt::format("/{}.{}", static_cast<int>(page_.tag(at)), name));
    }
    return place;
  }

  // Marks the element by its parent, which was marked before, and by itself.
  void mark(uint32_t node) {
    const uint32_t parent = page_.parent(node);
    in_chrome_[node] = in_chrome_[parent];
    in_article_[node] = in_article_[parent];
    if (node == 0 || !page_.is_element(node)) return;
    const GumboTag tag = page_.tag(node);
    if (tag == GUMBO_TAG_ARTICLE || tag == GUMBO_TAG_MAIN) in_article_[node] = true;
    if (tag == GUMBO_TAG_BODY || tag == GUMBO_TAG_HTML || in_chrome_[node]) return;
    // A post's own header has its title, its footer its tags.
    const bool menu = tag == GUMBO_TAG_NAV || tag == GUMBO_TAG_ASIDE ||
                      ((tag == GUMBO_TAG_FOOTER || tag == GUMBO_TAG_HEADER) && !in_article_[node]);
    in_chrome_[node] = menu || page_.attribute(node, "role") == "navigation" ||
                       says_chrome(page_.attribute(node, "class")) ||
                       says_chrome(page_.attribute(node, "id"));
  }

  const FlatPage& page_;
  Url base_;
  PageLinks found_;
  std::vector<bool> in_chrome_, in_article_;  // by node
  std::optional<Url> older_;
  std::unordered_map<std::string, size_t> known_;
};

}  // namespace

PageLinks read_page_links(std::string_view html, const Url& url) {
  const HtmlTree tree(html, url.text(), {});
  return LinkReader(FlatPage(tree.root()), url).read();
}

}  // namespace twin
