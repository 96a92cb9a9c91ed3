#include "text/article/node_sums.h"

#include <string_view>

namespace twin {
namespace {

// One code point at most three bytes long, by the bytes that begin one.
bool begins_code_point(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f'; }

// A comma in Latin, Arabic or Chinese script.
bool is_comma(std::string_view text, size_t at) {
  if (text[at] == ',') return true;
  for (const std::string_view comma : {"،", "，", "、", "﹐", "︐", "︑", "⹁", "⸴", "⸲"}) {
    if (text.substr(at).starts_with(comma)) return true;
  }
  return false;
}

void count_text(std::string_view text, NodeSum& sum) {
  bool space = true, any = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_space(c)) {
      if (!space) ++sum.characters;
      space = true;
      continue;
    }
    space = false;
    any = true;
    if (begins_code_point(c)) ++sum.characters;
    const auto byte = static_cast<unsigned char>(c);
    if (c == ',' || (byte >= 0xd8 && byte < 0xf0)) sum.commas += is_comma(text, i);
  }
  if (any && space && sum.characters > 0) --sum.characters;
}

void add(NodeSum& sum, const NodeSum& other) {
  sum.characters += other.characters;
  sum.linked += other.linked;
  sum.link_weight += other.link_weight;
  sum.commas += other.commas;
  sum.in_headings += other.in_headings;
  sum.in_lists += other.in_lists;
  sum.paragraphs += other.paragraphs;
  sum.images += other.images;
  sum.items += other.items;
  sum.inputs += other.inputs;
  sum.embeds += other.embeds;
  sum.textual += other.textual;
}

void subtract(NodeSum& sum, const NodeSum& other) {
  sum.characters -= other.characters;
  sum.linked -= other.linked;
  sum.link_weight -= other.link_weight;
  sum.commas -= other.commas;
  sum.in_headings -= other.in_headings;
  sum.in_lists -= other.in_lists;
  sum.paragraphs -= other.paragraphs;
  sum.images -= other.images;
  sum.items -= other.items;
  sum.inputs -= other.inputs;
  sum.embeds -= other.embeds;
  sum.textual -= other.textual;
}

bool makes_div_a_block(HtmlTag tag) {
  switch (tag) {
    case HtmlTag::kBlockquote:
    case HtmlTag::kDl:
    case HtmlTag::kDiv:
    case HtmlTag::kImg:
    case HtmlTag::kOl:
    case HtmlTag::kP:
    case HtmlTag::kPre:
    case HtmlTag::kTable:
    case HtmlTag::kUl:
      return true;
    default:
      return false;
  }
}

bool is_heading(HtmlTag tag) { return tag >= HtmlTag::kH1 && tag <= HtmlTag::kH6; }

}  // namespace

NodeSums::NodeSums(const PageTree& tree, PageMask left_out)
    : tree_(tree), left_out_(std::move(left_out)) {
  const auto& nodes = tree_.nodes();
  sums_.resize(nodes.size());
  paragraph_.resize(nodes.size());
  std::vector<bool> has_block(nodes.size());
  float weight = 0;  // of the text in hand as a link
  uint32_t link_end = 0, heading_end = 0, list_end = 0;
  for (uint32_t i = 0; i < nodes.size(); ++i) {
    if (left_out_[i]) {  // and all below
      for (uint32_t below = i + 1; below < nodes[i].end; ++below) left_out_[below] = true;
      i = nodes[i].end - 1;
      continue;
    }
    const PageNode& node = nodes[i];
    NodeSum& sum = sums_[i];
    if (node.is_text) {
      count_text(node.text, sum);
      if (i < link_end) {
        sum.linked = sum.characters;
        sum.link_weight = weight * static_cast<float>(sum.characters);
      }
      if (i < heading_end) sum.in_headings = sum.characters;
      if (i < list_end) sum.in_lists = sum.characters;
      continue;
    }
    if (node.tag == HtmlTag::kA && i >= link_end && tree_.has_attribute(i, "href")) {
      link_end = node.end;
      weight = tree_.attribute(i, "href").starts_with('#') ? 0.3F : 1.0F;
    } else if (is_heading(node.tag) && i >= heading_end) {
      heading_end = node.end;
    } else if ((node.tag == HtmlTag::kUl || node.tag == HtmlTag::kOl) && i >= list_end) {
      list_end = node.end;
    }
  }
  for (uint32_t i = static_cast<uint32_t>(nodes.size()); i-- > 1;) {
    if (left_out_[i]) continue;
    const PageNode& node = nodes[i];
    NodeSum& sum = sums_[i];
    if (!node.is_text) {
      paragraph_[i] = node.tag == HtmlTag::kP || (node.tag == HtmlTag::kDiv && !has_block[i]);
      sum.paragraphs += paragraph_[i];
      sum.images += node.tag == HtmlTag::kImg;
      sum.items += node.tag == HtmlTag::kLi;
      sum.inputs += node.tag == HtmlTag::kInput;
      sum.embeds += node.tag == HtmlTag::kObject || node.tag == HtmlTag::kEmbed;
      if (sum.characters > 0 && (makes_div_a_block(node.tag) || node.tag == HtmlTag::kSpan ||
                                 node.tag == HtmlTag::kLi || node.tag == HtmlTag::kTd)) {
        ++sum.textual;
      }
    }
    const uint32_t parent = node.parent;
    add(sums_[parent], sum);
    if (has_block[i] || (!node.is_text && makes_div_a_block(node.tag))) has_block[parent] = true;
  }
}

void NodeSums::leave_out(uint32_t node) {
  if (left_out_[node]) return;
  const NodeSum gone = sums_[node];
  for (uint32_t above = tree_[node].parent;; above = tree_[above].parent) {
    subtract(sums_[above], gone);
    if (above == 0) break;
  }
  for (uint32_t i = node; i < tree_[node].end; ++i) {
    if (left_out_[i]) {  // and all below already
      i = tree_[i].end - 1;
      continue;
    }
    left_out_[i] = true;
    sums_[i] = {};
  }
}

}  // namespace twin
