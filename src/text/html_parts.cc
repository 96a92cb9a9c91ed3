#include "text/html_parts.h"

#include <algorithm>

#include "text/html_tree.h"
#include "text/unicode.h"

namespace twin {
namespace {

bool is_element(const GumboNode* node) {
  return node->type == GUMBO_NODE_ELEMENT || node->type == GUMBO_NODE_TEMPLATE;
}

std::string attribute(const GumboNode* node, const char* name) {
  const GumboAttribute* found = gumbo_get_attribute(&node->v.element.attributes, name);
  return found == nullptr ? std::string() : std::string(found->value);
}

bool has_class(std::string_view classes, std::string_view name) {
  for (size_t begin = 0; begin < classes.size();) {
    const size_t end = std::min(classes.find_first_of(" \t\r\n", begin), classes.size());
    if (classes.substr(begin, end - begin) == name) return true;
    begin = end + 1;
  }
  return false;
}

// Calls visit(node) for a node and all below it, in order; where it answers false, not below.
template <class Visit>
void walk(const GumboNode* root, Visit visit) {
  std::vector<const GumboNode*> stack = {root};
  while (!stack.empty()) {
    const GumboNode* node = stack.back();
    stack.pop_back();
    if (!visit(node) || !is_element(node)) continue;
    const GumboVector& list = node->v.element.children;
    for (unsigned i = list.length; i-- > 0;) {
      stack.push_back(static_cast<const GumboNode*>(list.data[i]));
    }
  }
}

std::string folded_text(const GumboNode* root) {
  std::string text;
  walk(root, [&](const GumboNode* node) {
    if (node->type != GUMBO_NODE_TEXT && node->type != GUMBO_NODE_WHITESPACE) return true;
    for (const char* c = node->v.text.text; *c != '\0'; ++c) {
      const bool space = *c == ' ' || *c == '\t' || *c == '\n' || *c == '\r';
      if (!space) {
        text += *c;
      } else if (!text.empty() && text.back() != ' ') {
        text += ' ';
      }
    }
    return true;
  });
  if (text.ends_with(' ')) text.pop_back();
  return text;
}

}  // namespace

std::vector<HtmlPart> html_parts(std::string_view html, std::string_view where,
                                 const std::vector<std::string_view>& selectors) {
  const HtmlTree tree(html, where, HtmlLimits{});
  std::vector<HtmlPart> parts;
  walk(tree.root(), [&](const GumboNode* node) {
    if (!is_element(node)) return true;
    const GumboElement& element = node->v.element;
    const std::string classes = attribute(node, "class");
    const std::string_view tag = gumbo_normalized_tagname(element.tag);
    const auto found =
        std::find_if(selectors.begin(), selectors.end(), [&](std::string_view selector) {
          return selector.starts_with('.') ? has_class(classes, selector.substr(1))
                                           : selector == tag;
        });
    if (found == selectors.end() || element.original_tag.length == 0) return true;
    HtmlPart part;
    part.selector = *found;
    const GumboStringPiece &open = element.original_tag, &close = element.original_end_tag;
    part.outer.begin = static_cast<size_t>(open.data - html.data());
    part.inner.begin = part.outer.begin + open.length;
    const bool closed = close.length > 0;
    part.inner.end = closed ? static_cast<size_t>(close.data - html.data()) : html.size();
    part.inner.end = std::max(part.inner.end, part.inner.begin);
    part.outer.end = part.inner.end + (closed ? close.length : 0);
    part.text = folded_text(node);
    part.href = attribute(node, "href");
    part.datetime = attribute(node, "datetime");
    parts.push_back(std::move(part));
    return false;
  });
  return parts;
}

std::string without_html_parts(std::string_view html, std::string_view where,
                               const std::vector<std::string_view>& selectors) {
  std::string rest;
  size_t at = 0;
  for (const HtmlPart& part : html_parts(html, where, selectors)) {
    if (part.outer.begin < at) continue;
    rest += html.substr(at, part.outer.begin - at);
    at = std::min(part.outer.end, html.size());
  }
  rest += html.substr(at);
  return rest;
}

}  // namespace twin
