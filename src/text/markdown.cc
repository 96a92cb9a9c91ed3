#include "text/markdown.h"

#include <cmark-gfm.h>

#include <algorithm>
#include <memory>

#include "text/front_matter.h"
#include "text/unicode.h"

namespace twin {
namespace {

struct NodeDeleter {
  void operator()(cmark_node* node) const { cmark_node_free(node); }
};
using Document = std::unique_ptr<cmark_node, NodeDeleter>;

Document parse(std::string_view text) {
  return Document(cmark_parse_document(text.data(), text.size(), CMARK_OPT_DEFAULT));
}

// Where each line begins, and the end of the text. A line ends at \n, \r\n or \r, as CommonMark
// says.
std::vector<size_t> line_starts(std::string_view text) {
  std::vector<size_t> starts = {0};
  for (size_t i = 0; i < text.size(); ++i) {
    const bool ends =
        text[i] == '\n' || (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n'));
    if (ends) starts.push_back(i + 1);
  }
  if (starts.back() != text.size()) starts.push_back(text.size());
  return starts;
}

bool is_blank(std::string_view line) {
  return std::all_of(line.begin(), line.end(),
                     [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
}

BlockKind kind_of(cmark_node* node) {
  switch (cmark_node_get_type(node)) {
    case CMARK_NODE_HEADING:
      return BlockKind::kHeading;
    case CMARK_NODE_CODE_BLOCK:
      return BlockKind::kCode;
    case CMARK_NODE_BLOCK_QUOTE:
      return BlockKind::kQuote;
    case CMARK_NODE_LIST:
      return BlockKind::kList;
    case CMARK_NODE_HTML_BLOCK:
      return BlockKind::kHtml;
    case CMARK_NODE_THEMATIC_BREAK:
      return BlockKind::kRule;
    default:
      return BlockKind::kParagraph;
  }
}

// "## A heading", as against one that is underlined.
bool is_hash_heading(std::string_view line) {
  const size_t first = line.find_first_not_of(" \xef\xbb\xbf");  // a BOM may precede
  if (first == std::string_view::npos || line[first] != '#') return false;
  return is_blank(
      line.substr(std::min(line.find_first_not_of('#', first), line.size())).substr(0, 1));
}

// The line below the text of an underlined heading.
bool is_underline(std::string_view line) {
  const size_t first = line.find_first_not_of(' ');
  if (first > 3 || (line[first] != '=' && line[first] != '-')) return false;
  return is_blank(line.substr(std::min(line.find_first_not_of(line[first], first), line.size())));
}

// Visible text of a node's inlines, appended.
void append_inlines(cmark_node* node, std::string& out) {
  cmark_iter* iterator = cmark_iter_new(node);
  cmark_event_type event;
  int images = 0;
  while ((event = cmark_iter_next(iterator)) != CMARK_EVENT_DONE) {
    cmark_node* current = cmark_iter_get_node(iterator);
    const cmark_node_type type = cmark_node_get_type(current);
    if (type == CMARK_NODE_IMAGE) images += event == CMARK_EVENT_ENTER ? 1 : -1;
    if (event != CMARK_EVENT_ENTER || images > 0) continue;
    if (type == CMARK_NODE_TEXT || type == CMARK_NODE_CODE) {
      if (const char* literal = cmark_node_get_literal(current)) out += literal;
    } else if (type == CMARK_NODE_SOFTBREAK || type == CMARK_NODE_LINEBREAK) {
      out += '\n';
    }
  }
  cmark_iter_free(iterator);
}

// A pipe table without the extension is a paragraph whose second line is a row of dashes.
bool looks_like_table(std::string_view text) {
  const size_t first = text.find('\n');
  if (first == std::string_view::npos) return false;
  const std::string_view second = text.substr(first + 1, text.find('\n', first + 1) - first - 1);
  return second.find('-') != std::string_view::npos && second.find('|') != std::string_view::npos &&
         second.find_first_not_of("|-: \t\r") == std::string_view::npos;
}

// Lays the blocks of a parsed document over its lines.
class BlockLayer {
 public:
  BlockLayer(std::string_view text, size_t offset)
      : text_(text), offset_(offset), starts_(line_starts(text)) {}

  void add(cmark_node* node) {
    const BlockKind kind = kind_of(node);
    Block block{kind, lines_of(node), 0, {}};
    if (kind == BlockKind::kHeading) {
      block.heading_level = cmark_node_get_heading_level(node);
      append_inlines(node, block.heading_text);
    }
    if (kind == BlockKind::kParagraph && looks_like_table(slice(text_, block.range))) {
      block.kind = BlockKind::kTable;
    }
    if (kind != BlockKind::kList) return put(std::move(block));
    // Code and quotations inside a list stand on lines of their own within it.
    const size_t end = block.range.end;
    fill_gap(block.range.begin);
    for (cmark_node* inner : inner_blocks(node)) {
      const ByteRange range = lines_of(inner);
      if (range.begin > position_) put({BlockKind::kList, {position_, range.begin}, 0, {}});
      put({kind_of(inner), range, 0, {}});
    }
    if (end > position_) put({BlockKind::kList, {position_, end}, 0, {}});
  }

  std::vector<Block> finish() {
    fill_gap(text_.size());
    return std::move(blocks_);
  }

 private:
  ByteRange lines_of(cmark_node* node) const {
    const size_t last = starts_.size() - 1;
    const auto first_line = static_cast<size_t>(std::max(1, cmark_node_get_start_line(node)));
    auto last_line = static_cast<size_t>(std::max(1, cmark_node_get_end_line(node)));
    // cmark's end lines are wrong for two kinds: it leaves out the line that closes an HTML block,
    // as
    // "</pre>" or "-->" do, and takes in one too many below an underlined heading.
    if (cmark_node_get_type(node) == CMARK_NODE_HTML_BLOCK) {
      last_line = first_line + line_starts(cmark_node_get_literal(node)).size() - 2;
    } else if (cmark_node_get_type(node) == CMARK_NODE_HEADING) {
      last_line = last_line_of_heading(first_line, last_line);
    }
    return {starts_[std::min(first_line - 1, last)], starts_[std::min(last_line, last)]};
  }

  // Lines count from one.
  size_t last_line_of_heading(size_t first, size_t last) const {
    if (is_hash_heading(line_at(starts_[first - 1]))) return first;
    for (size_t line = first + 1; line < last; ++line) {
      if (is_underline(line_at(starts_[line - 1]))) return line;
    }
    return last;
  }

  static std::vector<cmark_node*> inner_blocks(cmark_node* list) {
    std::vector<cmark_node*> found;
    cmark_iter* iterator = cmark_iter_new(list);
    cmark_event_type event;
    while ((event = cmark_iter_next(iterator)) != CMARK_EVENT_DONE) {
      cmark_node* node = cmark_iter_get_node(iterator);
      const cmark_node_type type = cmark_node_get_type(node);
      if (event != CMARK_EVENT_ENTER) continue;
      if (type == CMARK_NODE_CODE_BLOCK || type == CMARK_NODE_BLOCK_QUOTE) {
        found.push_back(node);
        cmark_iter_reset(iterator, node, CMARK_EVENT_EXIT);
      }
    }
    cmark_iter_free(iterator);
    return found;
  }

  // Blocks never overlap what is laid already and are never empty.
  void put(Block block) {
    fill_gap(block.range.begin);
    block.range.begin = std::max(block.range.begin, position_);
    if (block.range.end <= block.range.begin) return;
    position_ = block.range.end;
    block.range.begin += offset_;
    block.range.end += offset_;
    blocks_.push_back(std::move(block));
  }

  // Lines that no node covers: blank, or definitions that cmark took in.
  void fill_gap(size_t until) {
    while (position_ < until) {
      const bool blank = is_blank(line_at(position_));
      const size_t begin = position_;
      while (position_ < until && is_blank(line_at(position_)) == blank) {
        position_ += line_at(position_).size();
      }
      const BlockKind kind = blank ? BlockKind::kBlank : BlockKind::kLinkDefinition;
      blocks_.push_back({kind, {begin + offset_, position_ + offset_}, 0, {}});
    }
  }

  std::string_view line_at(size_t begin) const {
    const auto next = std::upper_bound(starts_.begin(), starts_.end(), begin);
    return text_.substr(begin, *next - begin);
  }

  std::string_view text_;
  size_t offset_;
  std::vector<size_t> starts_;
  size_t position_ = 0;
  std::vector<Block> blocks_;
};

}  // namespace

std::vector<Block> markdown_blocks(std::string_view text) {
  std::vector<Block> blocks;
  const ByteRange front = front_matter_range(text);
  if (front.size() > 0) blocks.push_back({BlockKind::kFrontMatter, front, 0, {}});
  const std::string_view body = text.substr(front.end);
  BlockLayer layer(body, front.end);
  const Document document = parse(body);
  for (cmark_node* node = cmark_node_first_child(document.get()); node != nullptr;
       node = cmark_node_next(node)) {
    layer.add(node);
  }
  const std::vector<Block> rest = layer.finish();
  blocks.insert(blocks.end(), rest.begin(), rest.end());
  return blocks;
}

std::string plain_text(std::string_view markdown) {
  std::string text;
  const Document document = parse(markdown);
  cmark_iter* iterator = cmark_iter_new(document.get());
  cmark_event_type event;
  while ((event = cmark_iter_next(iterator)) != CMARK_EVENT_DONE) {
    if (event != CMARK_EVENT_ENTER) continue;
    cmark_node* node = cmark_iter_get_node(iterator);
    const cmark_node_type type = cmark_node_get_type(node);
    if (type == CMARK_NODE_PARAGRAPH || type == CMARK_NODE_HEADING) {
      if (!text.empty()) text += "\n\n";
      append_inlines(node, text);
    } else if (type == CMARK_NODE_CODE_BLOCK) {
      if (!text.empty()) text += "\n\n";
      text += cmark_node_get_literal(node);
      while (text.ends_with('\n')) text.pop_back();
    }
  }
  cmark_iter_free(iterator);
  return text;
}

}  // namespace twin
