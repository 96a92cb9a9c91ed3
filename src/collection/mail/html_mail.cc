#include "collection/mail/html_mail.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "collection/mail/mail_lines.h"
#include "domain/byte_range.h"
#include "text/html.h"
#include "text/html_tree.h"
#include "text/unicode.h"

namespace twin {
namespace {

constexpr std::string_view kQuoteMark = "<blockquote>...</blockquote>";

std::string attribute(const GumboNode* node, const char* name) {
  const GumboAttribute* found = gumbo_get_attribute(&node->v.element.attributes, name);
  return found == nullptr ? std::string() : lower(found->value);
}

// What becomes of an element.
enum class Fate { kStays, kQuotation, kRestIsQuoted, kLeftOut };

// Outlook puts "x_" before classes and ids of what it quotes again.
bool names_one_of(std::string_view names, std::initializer_list<std::string_view> wanted) {
  for (size_t begin = 0; begin < names.size();) {
    const size_t end = std::min(names.find(' ', begin), names.size());
    std::string_view name = names.substr(begin, end - begin);
    while (name.starts_with("x_")) name.remove_prefix(2);
    for (const std::string_view one : wanted) {
      if (name == one || (one.ends_with('*') && name.starts_with(one.substr(0, one.size() - 1)))) {
        return true;
      }
    }
    begin = end + 1;
  }
  return false;
}

Fate fate_of(const GumboNode* node) {
  const std::string names = attribute(node, "class") + ' ' + attribute(node, "id");
  if (names_one_of(names,
                   {"gmail_signature", "gmail_signature_prefix", "moz-signature",
                    "protonmail_signature_block*", "signature", "ms-outlook-mobile-signature",
                    "applemailsignature", "apple-mail-signature", "yahoo_signature"})) {
    return Fate::kLeftOut;
  }
  if (node->v.element.tag == GUMBO_TAG_IMG) return Fate::kLeftOut;
  if (names_one_of(names, {"yahoo_quoted*", "protonmail_quote", "tutanota_quote", "zmail_extra*",
                           "moz-cite-prefix", "gmail_quote_attribution",
                           "ms-outlook-mobile-reference-message",
                           "mail-editor-reference-message-container", "olk_src_body_section"})) {
    return Fate::kQuotation;
  }
  if (names_one_of(names, {"appendonsend", "divrplyfwdmsg", "moz-forward-container", "replysplit",
                           "outlookmessageheader"})) {
    return Fate::kRestIsQuoted;
  }
  std::string style = attribute(node, "style");
  std::erase_if(style, [](char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; });
  const auto has = [&](std::string_view part) { return style.find(part) != std::string::npos; };
  if (node->v.element.tag == GUMBO_TAG_BLOCKQUOTE) {
    const bool indent = has("border:none") || has("border-width:medium;border-style:none");
    return indent && attribute(node, "type") != "cite" ? Fate::kStays : Fate::kQuotation;
  }
  // Outlook's rule above "From: ... Sent: ...".
  if (has("border-top:solid#e1e1e1") || has("border-top:solid#b5c4df")) return Fate::kRestIsQuoted;
  return Fate::kStays;
}

struct Cut {
  ByteRange range;  // of the HTML
  std::string_view replacement;
};

class CutFinder {
 public:
  explicit CutFinder(std::string_view html) : html_(html) {}

  std::vector<Cut> run(const GumboNode* root) {
    std::vector<const GumboNode*> stack = {root};
    while (!stack.empty()) {
      const GumboNode* node = stack.back();
      stack.pop_back();
      if (node->type != GUMBO_NODE_ELEMENT || visit(node)) continue;
      const GumboVector& children = node->v.element.children;
      for (unsigned i = children.length; i-- > 0;) {
        stack.push_back(static_cast<const GumboNode*>(children.data[i]));
      }
    }
    return std::move(cuts_);
  }

 private:
  // Whether the element is cut, with all that is in it.
  bool visit(const GumboNode* node) {
    const GumboElement& element = node->v.element;
    if (element.original_tag.data == nullptr) return false;  // the parser's own
    const Fate fate = fate_of(node);
    if (fate == Fate::kStays) {
      // An indented passage is no quotation: its tags go, its text stays.
      if (element.tag == GUMBO_TAG_BLOCKQUOTE) {
        cut(begin_of(element), begin_of(element) + element.original_tag.length, "<div>");
        cut(element.end_pos.offset, element.end_pos.offset + element.original_end_tag.length,
            "</div>");
      }
      return false;
    }
    if (fate == Fate::kRestIsQuoted) {
      cut(begin_of(element), html_.size(), kQuoteMark);
      return true;
    }
    size_t end = element.end_pos.offset + element.original_end_tag.length;
    if (element.tag == GUMBO_TAG_IMG) end = begin_of(element) + element.original_tag.length;
    cut(begin_of(element), end, fate == Fate::kQuotation ? kQuoteMark : "");
    return true;
  }

  static size_t begin_of(const GumboElement& element) { return element.start_pos.offset; }

  void cut(size_t begin, size_t end, std::string_view replacement) {
    begin = std::min(begin, html_.size());
    cuts_.push_back({{begin, std::clamp(end, begin, html_.size())}, replacement});
  }

  std::string_view html_;
  std::vector<Cut> cuts_;
};

}  // namespace

std::string html_mail_to_markdown(std::string_view html, std::string_view where) {
  std::vector<Cut> cuts;
  {
    const HtmlTree tree(html, where, {});
    cuts = CutFinder(html).run(tree.root());
  }
  std::stable_sort(cuts.begin(), cuts.end(),
                   [](const Cut& a, const Cut& b) { return a.range.begin < b.range.begin; });
  std::string own;
  size_t position = 0;
  for (const Cut& cut : cuts) {
    if (cut.range.begin < position) continue;  // within one before
    own.append(html.substr(position, cut.range.begin - position)).append(cut.replacement);
    position = cut.range.end;
  }
  own.append(html.substr(position));
  return html_to_markdown(own, where).markdown;
}

}  // namespace twin
