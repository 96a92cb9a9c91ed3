#include "text/html.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "text/html_tree.h"
#include "text/unicode.h"

namespace twin {
namespace {

std::string attribute(const GumboNode* node, const char* name) {
  const GumboAttribute* found = gumbo_get_attribute(&node->v.element.attributes, name);
  return found == nullptr ? std::string() : std::string(found->value);
}

bool is_element(const GumboNode* node) {
  return node->type == GUMBO_NODE_ELEMENT || node->type == GUMBO_NODE_TEMPLATE;
}

// What holds no writing of the page's author.
bool is_left_out(const GumboNode* node) {
  switch (node->v.element.tag) {
    case GUMBO_TAG_SCRIPT:
    case GUMBO_TAG_STYLE:
    case GUMBO_TAG_NOSCRIPT:
    case GUMBO_TAG_TEMPLATE:
    case GUMBO_TAG_NAV:
    case GUMBO_TAG_FORM:
    case GUMBO_TAG_BUTTON:
    case GUMBO_TAG_SELECT:
    case GUMBO_TAG_IFRAME:
    case GUMBO_TAG_SVG:
    case GUMBO_TAG_HEAD:
      return true;
    default:
      break;
  }
  const std::string role = attribute(node, "role"), style = attribute(node, "style");
  return role == "navigation" || role == "search" || role == "banner" ||
         attribute(node, "aria-hidden") == "true" ||
         gumbo_get_attribute(&node->v.element.attributes, "hidden") != nullptr ||
         style.find("display:none") != std::string::npos ||
         style.find("display: none") != std::string::npos;
}

bool is_block(GumboTag tag) {
  switch (tag) {
    case GUMBO_TAG_P:
    case GUMBO_TAG_DIV:
    case GUMBO_TAG_SECTION:
    case GUMBO_TAG_ARTICLE:
    case GUMBO_TAG_HEADER:
    case GUMBO_TAG_FOOTER:
    case GUMBO_TAG_MAIN:
    case GUMBO_TAG_ASIDE:
    case GUMBO_TAG_FIGURE:
    case GUMBO_TAG_FIGCAPTION:
    case GUMBO_TAG_DL:
    case GUMBO_TAG_DT:
    case GUMBO_TAG_DD:
    case GUMBO_TAG_ADDRESS:
    case GUMBO_TAG_HGROUP:
    case GUMBO_TAG_BODY:
      return true;
    default:
      return false;
  }
}

// Writes Markdown: inline text is collected with its white space folded, blocks are separated by
// one blank line, and what is inside a quote or a list item is written apart and then prefixed.
class MarkdownWriter {
 public:
  explicit MarkdownWriter(const HtmlLimits& limits) : limits_(limits) {}

  void children(const GumboNode* node, size_t depth) {
    const GumboVector& list = node->v.element.children;
    for (unsigned i = 0; i < list.length; ++i) {
      write(static_cast<const GumboNode*>(list.data[i]), depth + 1);
    }
  }

  std::string finish() {
    end_block();
    return std::move(out_);
  }

 private:
  void write(const GumboNode* node, size_t depth) {
    if (node->type == GUMBO_NODE_TEXT || node->type == GUMBO_NODE_WHITESPACE ||
        node->type == GUMBO_NODE_CDATA) {
      return text(node->v.text.text);
    }
    if (!is_element(node) || is_left_out(node)) return;
    if (depth > limits_.max_depth) return plain(node);
    const GumboTag tag = node->v.element.tag;
    switch (tag) {
      case GUMBO_TAG_H1:
      case GUMBO_TAG_H2:
      case GUMBO_TAG_H3:
      case GUMBO_TAG_H4:
      case GUMBO_TAG_H5:
      case GUMBO_TAG_H6:
        return heading(node, depth);
      case GUMBO_TAG_EM:
      case GUMBO_TAG_I:
      case GUMBO_TAG_CITE:
        return marked("*", node, depth);
      case GUMBO_TAG_STRONG:
      case GUMBO_TAG_B:
        return marked("**", node, depth);
      case GUMBO_TAG_CODE:
      case GUMBO_TAG_KBD:
        return inline_code(node);
      case GUMBO_TAG_BR:
        if (!line_.empty()) line_ += "  \n";
        return;
      case GUMBO_TAG_HR:
        end_block();
        line_ = "* * *";
        return end_block();
      case GUMBO_TAG_A:
        return link(node, depth);
      case GUMBO_TAG_IMG:
        return image(node);
      case GUMBO_TAG_PRE:
        return preformatted(node);
      case GUMBO_TAG_BLOCKQUOTE:
        return prefixed(node, depth, "> ", "> ");
      case GUMBO_TAG_UL:
        return list(node, depth, false);
      case GUMBO_TAG_OL:
        return list(node, depth, true);
      case GUMBO_TAG_TABLE:
        return table(node, depth);
      default:
        break;
    }
    if (!is_block(tag)) return children(node, depth);
    end_block();
    children(node, depth);
    end_block();
  }

  void text(std::string_view text) {
    for (size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      const bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
      if (!space) {
        line_ += c;
      } else if (!line_.empty() && line_.back() != ' ' && line_.back() != '\n') {
        line_ += ' ';
      }
    }
  }

  // A Markdown heading is one line, whatever blocks or line breaks the page put into it.
  void heading(const GumboNode* node, size_t depth) {
    end_block();
    MarkdownWriter inner(limits_);
    inner.children(node, depth);
    line_ = std::string(static_cast<size_t>(node->v.element.tag - GUMBO_TAG_H1) + 1, '#') + ' ';
    text(inner.finish());
    end_block();
  }

  // An element nested beyond the limit: its text, gathered without recursion.
  void plain(const GumboNode* root) {
    std::vector<const GumboNode*> stack = {root};
    while (!stack.empty()) {
      const GumboNode* node = stack.back();
      stack.pop_back();
      if (is_element(node)) {
        if (is_left_out(node)) continue;
        const GumboVector& list = node->v.element.children;
        for (unsigned i = list.length; i-- > 0;) {
          stack.push_back(static_cast<const GumboNode*>(list.data[i]));
        }
      } else if (node->type == GUMBO_NODE_TEXT || node->type == GUMBO_NODE_WHITESPACE) {
        text(node->v.text.text);
      }
    }
  }

  // Puts marks around what was added to the line since `begin`, inside its outer spaces.
  void wrap(size_t begin, std::string_view open, std::string_view close) {
    size_t first = std::min(begin, line_.size());
    while (first < line_.size() && (line_[first] == ' ' || line_[first] == '\n')) ++first;
    size_t last = line_.size();
    while (last > first && (line_[last - 1] == ' ' || line_[last - 1] == '\n')) --last;
    if (first == last) return;
    line_.insert(last, close);
    line_.insert(first, open);
  }

  void marked(std::string_view mark, const GumboNode* node, size_t depth) {
    const size_t begin = line_.size(), out_before = out_.size();
    children(node, depth);
    if (out_.size() == out_before) wrap(begin, mark, mark);  // around blocks it would not pair up
  }

  void inline_code(const GumboNode* node) {
    const size_t begin = line_.size();
    plain(node);
    wrap(begin, "`", "`");
  }

  void link(const GumboNode* node, size_t depth) {
    std::string target = attribute(node, "href");
    std::erase_if(target, [](char c) { return c == '\n' || c == '\r' || c == '\t'; });
    const size_t begin = line_.size(), out_before = out_.size();
    children(node, depth);
    if (target.empty() || target.starts_with("javascript:") || out_.size() != out_before) return;
    const bool bare = target.find_first_of(" ()<>") == std::string::npos;
    wrap(begin, "[", bare ? fmt::format("]({})", target) : fmt::format("](<{}>)", target));
  }

  void image(const GumboNode* node) {
    const std::string source = attribute(node, "src");
    if (source.empty() || source.starts_with("data:")) return;
    line_ += fmt::format("![{}]({})", attribute(node, "alt"), source);
  }

  void preformatted(const GumboNode* node) {
    end_block();
    std::string code;
    std::vector<const GumboNode*> stack = {node};
    while (!stack.empty()) {
      const GumboNode* current = stack.back();
      stack.pop_back();
      if (is_element(current)) {
        if (current->v.element.tag == GUMBO_TAG_BR) code += '\n';
        const GumboVector& list = current->v.element.children;
        for (unsigned i = list.length; i-- > 0;) {
          stack.push_back(static_cast<const GumboNode*>(list.data[i]));
        }
      } else if (current->type == GUMBO_NODE_TEXT || current->type == GUMBO_NODE_WHITESPACE) {
        code += current->v.text.text;
      }
    }
    while (code.ends_with('\n')) code.pop_back();
    std::string fence = "```";
    while (code.find(fence) != std::string::npos) fence += '`';
    append_block(fence + '\n' + code + '\n' + fence);
  }

  // The element's own blocks, each line prefixed.
  void prefixed(const GumboNode* node, size_t depth, std::string_view first_prefix,
                std::string_view prefix) {
    end_block();
    MarkdownWriter inner(limits_);
    inner.children(node, depth);
    std::string text = inner.finish();
    while (text.ends_with('\n')) text.pop_back();
    if (text.empty()) return;
    std::string block;
    bool first = true;
    for (size_t begin = 0; begin <= text.size();) {
      const size_t end = std::min(text.find('\n', begin), text.size());
      const std::string_view line = std::string_view(text).substr(begin, end - begin);
      std::string_view mark = first ? first_prefix : prefix;
      if (line.empty()) mark = mark.substr(0, mark.find_last_not_of(' ') + 1);
      block.append(mark).append(line);
      if (end < text.size()) block += '\n';
      begin = end + 1;
      first = false;
    }
    append_block(block);
  }

  void list(const GumboNode* node, size_t depth, bool ordered) {
    end_block();
    MarkdownWriter inner(limits_);
    inner.tight_ = true;
    size_t number = 0;
    const GumboVector& items = node->v.element.children;
    for (unsigned i = 0; i < items.length; ++i) {
      const auto* item = static_cast<const GumboNode*>(items.data[i]);
      if (item->type == GUMBO_NODE_TEXT) inner.text(item->v.text.text);  // not in an item at all
      if (!is_element(item) || is_left_out(item)) continue;
      const std::string mark = ordered ? fmt::format("{}. ", ++number) : "- ";
      inner.prefixed(item, depth + 1, mark, std::string(mark.size(), ' '));
    }
    const std::string text = inner.finish();
    if (!text.empty()) append_block(text);
  }

  void table(const GumboNode* node, size_t depth) {
    end_block();
    std::string rows;
    size_t count = 0;
    std::vector<const GumboNode*> stack = {node};
    while (!stack.empty()) {
      const GumboNode* current = stack.back();
      stack.pop_back();
      if (!is_element(current)) continue;
      const GumboVector& list = current->v.element.children;
      if (current->v.element.tag == GUMBO_TAG_CAPTION) {
        children(current, depth + 1);
        end_block();
        continue;
      }
      if (current->v.element.tag != GUMBO_TAG_TR) {
        for (unsigned i = list.length; i-- > 0;) {
          stack.push_back(static_cast<const GumboNode*>(list.data[i]));
        }
        continue;
      }
      std::string row = "|", rule = "|";
      for (unsigned i = 0; i < list.length; ++i) {
        const auto* cell = static_cast<const GumboNode*>(list.data[i]);
        if (!is_element(cell)) continue;
        MarkdownWriter inner(limits_);
        inner.children(cell, depth + 3);
        std::string text = inner.finish();
        std::replace(text.begin(), text.end(), '\n', ' ');
        while (text.ends_with(' ')) text.pop_back();
        row += ' ' + text + " |";
        rule += " --- |";
      }
      rows += row + '\n';
      if (++count == 1) rows += rule + '\n';
    }
    if (!rows.empty()) append_block(rows);
  }

  void end_block() {
    while (line_.ends_with(' ') || line_.ends_with('\n')) line_.pop_back();
    std::string block;
    block.swap(line_);
    // A heading without words is no block.
    if (block.find_first_not_of("# ") != std::string::npos) append_block(block);
  }

  void append_block(std::string_view block) {
    while (block.ends_with('\n')) block.remove_suffix(1);
    if (!out_.empty() && !tight_) out_ += '\n';
    out_.append(block);
    out_ += '\n';
  }

  HtmlLimits limits_;
  bool tight_ = false;  // list items follow one another without a blank line
  std::string out_;     // whole blocks
  std::string line_;    // the inline text of the block in hand
};

// What the page says of itself.
class MetadataReader {
 public:
  explicit MetadataReader(const GumboNode* root) {
    std::vector<const GumboNode*> stack = {root};
    while (!stack.empty()) {
      const GumboNode* node = stack.back();
      stack.pop_back();
      if (!is_element(node)) continue;
      read(node);
      const GumboVector& list = node->v.element.children;
      for (unsigned i = list.length; i-- > 0;) {
        stack.push_back(static_cast<const GumboNode*>(list.data[i]));
      }
    }
  }
  std::string title, heading, og_title, author, date, language;

 private:
  static std::string text_of(const GumboNode* node) {
    std::string text;
    const GumboVector& list = node->v.element.children;
    for (unsigned i = 0; i < list.length; ++i) {
      const auto* child = static_cast<const GumboNode*>(list.data[i]);
      if (child->type == GUMBO_NODE_TEXT) text += child->v.text.text;
      if (child->type == GUMBO_NODE_WHITESPACE) text += ' ';
    }
    const size_t first = text.find_first_not_of(" \t\r\n");
    if (first == std::string::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
  }

  static void set(std::string& field, const std::string& value) {
    if (field.empty()) field = value;
  }

  void read(const GumboNode* node) {
    switch (node->v.element.tag) {
      case GUMBO_TAG_HTML:
        set(language, attribute(node, "lang"));
        set(language, attribute(node, "xml:lang"));
        break;
      case GUMBO_TAG_TITLE:
        set(title, text_of(node));
        break;
      case GUMBO_TAG_H1:
      case GUMBO_TAG_H2:
        set(heading, text_of(node));
        break;
      case GUMBO_TAG_TIME:
        set(date, attribute(node, "datetime"));
        break;
      case GUMBO_TAG_META: {
        const std::string name = lower(attribute(node, "name") + attribute(node, "property"));
        const std::string content = attribute(node, "content");
        if (name == "og:title") set(og_title, content);
        if (name == "author" || name == "article:author") set(author, content);
        if (name == "article:published_time" || name == "date" || name == "dc.date") {
          set(date, content);
        }
        break;
      }
      default:
        break;
    }
  }
};

}  // namespace

bool is_html_element(std::string_view name) {
  return gumbo_tagn_enum(name.data(), static_cast<unsigned>(name.size())) != GUMBO_TAG_UNKNOWN;
}

HtmlReading html_to_markdown(std::string_view html, std::string_view where, HtmlLimits limits) {
  const HtmlTree tree(html, where, limits);
  HtmlReading reading;
  MetadataReader metadata(tree.root());
  reading.title = !metadata.og_title.empty() ? metadata.og_title
                  : !metadata.title.empty()  ? metadata.title
                                             : metadata.heading;
  reading.author = metadata.author;
  reading.date = metadata.date;
  reading.language = metadata.language;
  MarkdownWriter writer(limits);
  writer.children(tree.root(), 0);
  reading.markdown = writer.finish();
  return reading;
}

}  // namespace twin
