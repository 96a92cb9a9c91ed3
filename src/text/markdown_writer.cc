#include "text/markdown_writer.h"

#include <fmt/format.h>

#include <algorithm>

namespace twin {
namespace {

// Quotes, lists and tables in one another beyond this are written as their text: each level writes
// its lines again, and a hostile page could make each of them hundreds of bytes longer.
constexpr size_t kMaxPrefixes = 24;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }

// Inline text is collected in line_, whole blocks in out_; what is inside a quote or a list item is
// written apart and then prefixed.
class Writer {
 public:
  Writer(const PageTree& tree, const PageMask& left_out, const MarkdownWriting& writing)
      : tree_(tree), left_out_(left_out), writing_(writing) {}

  void children(uint32_t node, size_t depth) {
    for (uint32_t child = node + 1; child < tree_[node].end; child = tree_[child].end) {
      write(child, depth + 1);
    }
  }

  TracedText finish() {
    end_block();
    return std::move(out_);
  }

  void write(uint32_t node, size_t depth) {
    if (left_out_[node]) return;
    if (tree_[node].is_text) return text(tree_[node]);
    if (depth > writing_.max_depth) return plain(node);
    if (is_caption(node)) return caption(node, depth);
    const HtmlTag tag = tree_[node].tag;
    switch (tag) {
      case HtmlTag::kH1:
      case HtmlTag::kH2:
      case HtmlTag::kH3:
      case HtmlTag::kH4:
      case HtmlTag::kH5:
      case HtmlTag::kH6:
        return heading(node, depth);
      case HtmlTag::kEm:
      case HtmlTag::kI:
      case HtmlTag::kCite:
        return marked("*", node, depth);
      case HtmlTag::kStrong:
      case HtmlTag::kB:
        return marked("**", node, depth);
      case HtmlTag::kCode:
      case HtmlTag::kKbd:
        return inline_code(node);
      case HtmlTag::kBr:
        return line_break();
      case HtmlTag::kHr:
        end_block();
        if (!writing_.plain) line_.append("* * *");
        return end_block();
      case HtmlTag::kA:
        return link(node, depth);
      case HtmlTag::kImg:
        return image(node);
      case HtmlTag::kPre:
        return preformatted(node);
      case HtmlTag::kBlockquote:
        return prefixed(node, depth, "> ", "> ");
      case HtmlTag::kUl:
        return list(node, depth, false);
      case HtmlTag::kOl:
        return list(node, depth, true);
      case HtmlTag::kTable:
        return table(node, depth);
      default:
        break;
    }
    if (!is_block_element(tag)) return children(node, depth);
    end_block();
    children(node, depth);
    end_block();
  }

 private:
  Writer inner() const {
    Writer writer(tree_, left_out_, writing_);
    writer.prefixes_ = prefixes_;
    writer.in_caption_ = in_caption_;
    return writer;
  }

  void text(const PageNode& node) { text(node.text, node.source); }

  // Appends to the line, white space folded.
  void text(std::string_view text, ByteRange source) {
    const bool verbatim = source.end - source.begin == text.size();
    for (size_t i = 0; i < text.size();) {
      size_t end = i;
      if (is_space(text[i])) {
        ++end;
        if (!line_.empty() && !line_.ends_with(' ') && !line_.ends_with('\n')) {
          line_.append(" ", verbatim ? ByteRange{source.begin + i, source.begin + end} : source);
        }
      } else {
        while (end < text.size() && !is_space(text[end])) ++end;
        line_.append(text.substr(i, end - i),
                     verbatim ? ByteRange{source.begin + i, source.begin + end} : source);
      }
      i = end;
    }
  }

  // Another writer's text as part of the line.
  void fold(const TracedText& blocks) {
    const std::string_view all = blocks.text();
    for (size_t i = 0; i < all.size();) {
      size_t end = i;
      if (is_space(all[i])) {
        ++end;
        if (!line_.empty() && !line_.ends_with(' ') && !line_.ends_with('\n')) line_.append(" ");
      } else {
        while (end < all.size() && !is_space(all[end])) ++end;
        line_.append(blocks, {i, end});
      }
      i = end;
    }
  }

  void line_break() {
    if (line_.empty()) return;
    if (!writing_.plain) return line_.append("  \n");
    line_.trim_end();
    line_.append("\n");
  }

  // A Markdown heading is one line, whatever blocks or line breaks the page put into it.
  void heading(uint32_t node, size_t depth) {
    end_block();
    Writer title = inner();
    title.children(node, depth);
    if (!writing_.plain) {
      const auto level = static_cast<size_t>(tree_[node].tag) - static_cast<size_t>(HtmlTag::kH1);
      line_.append(std::string(level + 1, '#') + ' ');
    }
    fold(title.finish());
    end_block();
  }

  // The text of an element, gathered without recursion.
  void plain(uint32_t root) {
    for (uint32_t i = root; i < tree_[root].end;) {
      if (left_out_[i]) {
        i = tree_[i].end;
        continue;
      }
      if (tree_[i].is_text) text(tree_[i]);
      ++i;
    }
  }

  // Puts marks around what was added to the line since `begin`, inside its outer spaces.
  void wrap(size_t begin, std::string_view open, std::string_view close) {
    const std::string& line = line_.text();
    size_t first = std::min(begin, line.size());
    while (first < line.size() && (line[first] == ' ' || line[first] == '\n')) ++first;
    size_t last = line.size();
    while (last > first && (line[last - 1] == ' ' || line[last - 1] == '\n')) --last;
    if (first == last) return;
    line_.insert(last, close);
    line_.insert(first, open);
  }

  void marked(std::string_view mark, uint32_t node, size_t depth) {
    const size_t begin = line_.size(), out_before = out_.size();
    children(node, depth);
    if (writing_.plain || in_caption_) return;
    if (out_.size() == out_before) wrap(begin, mark, mark);  // around blocks it would not pair up
  }

  void inline_code(uint32_t node) {
    const size_t begin = line_.size();
    plain(node);
    if (!writing_.plain) wrap(begin, "`", "`");
  }

  void link(uint32_t node, size_t depth) {
    std::string target(tree_.attribute(node, "href"));
    std::erase_if(target, [](char c) { return c == '\n' || c == '\r' || c == '\t'; });
    const size_t begin = line_.size(), out_before = out_.size();
    children(node, depth);
    if (writing_.plain || target.empty() || target.starts_with("javascript:") ||
        out_.size() != out_before) {
      return;
    }
    const bool bare = target.find_first_of(" ()<>") == std::string::npos;
    wrap(begin, "[", bare ? fmt::format("]({})", target) : fmt::format("](<{}>)", target));
  }

  void image(uint32_t node) {
    if (writing_.plain) return;
    std::string_view source;
    for (const std::string_view name : {"src", "data-src", "data-original"}) {
      source = tree_.attribute(node, name);
      if (!source.empty() && !source.starts_with("data:")) break;
      source = {};
    }
    if (!source.empty()) line_.append(image_mark(tree_.attribute(node, "alt"), source));
  }

  static std::string image_mark(std::string_view alt, std::string_view source) {
    return fmt::format("![{}]({})", alt, source);
  }

  bool is_caption(uint32_t node) const {
    return tree_[node].tag == HtmlTag::kFigcaption && !in_caption_;
  }

  void caption(uint32_t node, size_t depth) {
    Writer words = inner();
    words.in_caption_ = true;
    words.children(node, depth);
    const TracedText caption = words.finish();
    if (caption.empty()) return;
    if (writing_.plain) {
      end_block();
      fold(caption);
      return end_block();
    }
    if (line_.empty() && last_is_image_) {  // below the image that was the last block
      line_.append(out_, {last_block_, out_.size() - 1});
      out_.shorten(before_last_block_);
    }
    line_.trim_end();
    if (!is_image(line_.text())) {
      end_block();
      line_.append("![]()");
    }
    line_.append("  \n");
    const size_t begin = line_.size();
    fold(caption);
    wrap(begin, "*", "*");
    end_block();
  }

  // Whether a line holds nothing but one image.
  static bool is_image(std::string_view line) {
    return line.starts_with("![") && line.ends_with(')') &&
           line.find('\n') == std::string_view::npos && line.find("](") == line.rfind("](");
  }

  void preformatted(uint32_t node) {
    end_block();
    TracedText code;
    for (uint32_t i = node; i < tree_[node].end;) {
      if (left_out_[i]) {
        i = tree_[i].end;
        continue;
      }
      if (tree_[i].is_text) code.append(tree_[i].text, tree_[i].source);
      if (!tree_[i].is_text && tree_[i].tag == HtmlTag::kBr) code.append("\n");
      ++i;
    }
    size_t size = code.size();
    while (size > 0 && code.text()[size - 1] == '\n') --size;
    code.shorten(size);
    if (writing_.plain) return append_block(code);
    std::string fence = "```";
    while (code.text().find(fence) != std::string::npos) fence += '`';
    TracedText block;
    block.append(fence + '\n');
    block.append(code);
    block.append('\n' + fence);
    append_block(block);
  }

  // The element's own blocks, each line prefixed.
  void prefixed(uint32_t node, size_t depth, std::string_view first_prefix,
                std::string_view prefix) {
    end_block();
    if (prefixes_ >= kMaxPrefixes) {
      children(node, depth);
      return end_block();
    }
    Writer words = inner();
    ++words.prefixes_;
    words.children(node, depth);
    TracedText lines = words.finish();
    lines.trim_end();
    if (lines.empty()) return;
    if (writing_.plain) return append_block(lines);
    const std::string_view text = lines.text();
    TracedText block;
    bool first = true;
    for (size_t begin = 0; begin <= text.size();) {
      const size_t end = std::min(text.find('\n', begin), text.size());
      std::string_view mark = first ? first_prefix : prefix;
      if (begin == end) mark = mark.substr(0, mark.find_last_not_of(' ') + 1);
      block.append(mark);
      block.append(lines, {begin, end});
      if (end < text.size()) block.append("\n");
      begin = end + 1;
      first = false;
    }
    append_block(block);
  }

  void list(uint32_t node, size_t depth, bool ordered) {
    end_block();
    if (prefixes_ >= kMaxPrefixes) {
      children(node, depth);
      return end_block();
    }
    Writer items = inner();
    items.tight_ = true;
    size_t number = 0;
    for (uint32_t item = node + 1; item < tree_[node].end; item = tree_[item].end) {
      if (left_out_[item]) continue;
      if (tree_[item].is_text) {  // not in an item at all
        items.text(tree_[item]);
        continue;
      }
      const std::string mark = ordered ? fmt::format("{}. ", ++number) : "- ";
      items.prefixed(item, depth + 1, mark, std::string(mark.size(), ' '));
    }
    const TracedText text = items.finish();
    if (!text.empty()) append_block(text);
  }

  void table(uint32_t node, size_t depth) {
    end_block();
    if (prefixes_ >= kMaxPrefixes) {
      children(node, depth);
      return end_block();
    }
    TracedText rows;
    size_t count = 0;
    for (uint32_t i = node + 1; i < tree_[node].end;) {
      if (left_out_[i]) {
        i = tree_[i].end;
      } else if (tree_[i].is_text) {  // in no cell
        text(tree_[i]);
        ++i;
      } else if (tree_[i].tag == HtmlTag::kCaption) {
        children(i, depth + 1);
        end_block();
        i = tree_[i].end;
      } else if (tree_[i].tag == HtmlTag::kTr) {
        row(i, depth, rows, ++count == 1);
        i = tree_[i].end;
      } else {
        ++i;
      }
    }
    end_block();
    if (!rows.empty()) append_block(rows);
  }

  void row(uint32_t node, size_t depth, TracedText& rows, bool is_first) {
    std::string rule = "|";
    if (!writing_.plain) rows.append("|");
    for (uint32_t cell = node + 1; cell < tree_[node].end; cell = tree_[cell].end) {
      if (left_out_[cell] || tree_[cell].is_text) continue;
      Writer words = inner();
      ++words.prefixes_;
      words.children(cell, depth + 3);
      TracedText text = words.finish();
      text.trim_end();
      if (!writing_.plain) rows.append(" ");
      for (size_t begin = 0; begin <= text.size();) {
        const size_t end = std::min(text.text().find('\n', begin), text.size());
        rows.append(text, {begin, end});
        if (end < text.size()) rows.append(" ");
        begin = end + 1;
      }
      rows.append(writing_.plain ? "\t" : " |");
      rule += " --- |";
    }
    rows.append("\n");
    if (is_first && !writing_.plain) rows.append(rule + '\n');
  }

  void end_block() {
    line_.trim_end();
    // A heading without words is no block.
    if (line_.text().find_first_not_of("# ") != std::string::npos) append_block(line_);
    line_.clear();
  }

  void append_block(const TracedText& block) {
    size_t size = block.size();
    while (size > 0 && block.text()[size - 1] == '\n') --size;
    before_last_block_ = out_.size();
    if (!out_.empty() && !tight_) out_.append("\n");
    last_block_ = out_.size();
    out_.append(block, {0, size});
    out_.append("\n");
    last_is_image_ = is_image(std::string_view(block.text()).substr(0, size));
  }

  const PageTree& tree_;
  const PageMask& left_out_;
  const MarkdownWriting& writing_;
  bool tight_ = false;       // list items follow one another without a blank line
  bool in_caption_ = false;  // the caption's own mark is emphasis: none inside
  size_t prefixes_ = 0;      // quotes and lists around
  TracedText out_;           // whole blocks
  TracedText line_;          // the inline text of the block in hand
  size_t last_block_ = 0,
         before_last_block_ = 0;  // where out_'s last block begins; where out_ ended
  bool last_is_image_ = false;
};

}  // namespace

bool is_hidden(const PageTree& tree, size_t node) {
  if (tree[node].attribute_count == 0) return false;
  if (tree.attribute(node, "aria-hidden") == "true" || tree.has_attribute(node, "hidden")) {
    return true;
  }
  const std::string_view style = tree.attribute(node, "style");
  for (const std::string_view none :
       {"display:none", "display: none", "visibility:hidden", "visibility: hidden"}) {
    if (style.find(none) != std::string_view::npos) return true;
  }
  return false;
}

bool is_no_writing(const PageTree& tree, size_t node) {
  switch (tree[node].tag) {
    case HtmlTag::kScript:
    case HtmlTag::kStyle:
    case HtmlTag::kNoscript:
    case HtmlTag::kTemplate:
    case HtmlTag::kNav:
    case HtmlTag::kForm:
    case HtmlTag::kButton:
    case HtmlTag::kSelect:
    case HtmlTag::kIframe:
    case HtmlTag::kSvg:
    case HtmlTag::kHead:
      return !tree[node].is_text;
    default:
      break;
  }
  const std::string_view role = tree.attribute(node, "role");
  return role == "navigation" || role == "search" || role == "banner" || is_hidden(tree, node);
}

TracedText write_markdown(const PageTree& tree, std::span<const uint32_t> nodes,
                          const PageMask& left_out, const MarkdownWriting& writing) {
  Writer writer(tree, left_out, writing);
  for (const uint32_t node : nodes) writer.write(node, 1);
  return writer.finish();
}

}  // namespace twin
