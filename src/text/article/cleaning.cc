#include "text/article/cleaning.h"

#include "text/article/filler.h"

#include <algorithm>
#include <cmath>

namespace twin {
namespace {

constexpr size_t kMostOfBox = 500;    // characters: more is no share bar and no newsletter box
constexpr size_t kMostOfMenu = 200;   // characters of a line of links
constexpr double kMenuLinks = 0.7;    // of them
constexpr size_t kLeastOfRest = 250;  // characters beside readers' comments: less, and they are it

class Cleaner {
 public:
  Cleaner(const PageTree& tree, const CleaningRules& rules, ClassWordReader& classes,
          NodeSums& sums)
      : tree_(tree),
        rules_(rules),
        classes_(classes),
        sums_(sums),
        kept_(tree.nodes().size()),
        in_figure_(tree.nodes().size()) {}

  void clean(uint32_t root) {
    mark_places(root);
    for (const HtmlTag tag : {HtmlTag::kForm, HtmlTag::kFieldset}) drop_by_shape(root, tag);
    for (uint32_t i = root + 1; i < tree_[root].end; ++i) {
      if (sums_.is_left_out(i) || tree_[i].is_text) continue;
      if (is_dropped(i) || is_box(i, root) || is_filler_block(i)) sums_.leave_out(i);
    }
    for (const HtmlTag tag : {HtmlTag::kTable, HtmlTag::kUl, HtmlTag::kDiv}) {
      drop_by_shape(root, tag);
    }
  }

 private:
  bool is_dropped(uint32_t node) {
    switch (tree_[node].tag) {
      case HtmlTag::kObject:
      case HtmlTag::kEmbed:
      case HtmlTag::kFooter:
      case HtmlTag::kAside:
      case HtmlTag::kInput:
      case HtmlTag::kSelect:
      case HtmlTag::kButton:
        return true;
      case HtmlTag::kH1:
      case HtmlTag::kH2:
        return rules_.weigh_classes && classes_.read(node).weight < 0;
      default:
        return false;
    }
  }

  // Share bars, newsletter boxes, related links, readers' comments: by what they call themselves.
  bool is_box(uint32_t node, uint32_t root) {
    const ClassWords words = classes_.read(node);
    const size_t inside = sums_[node].characters, all = sums_[root].characters;
    return (words.share && inside < kMostOfBox) ||
           (words.chrome && inside < kMostOfBox && inside * 4 < all) ||
           (words.comments && all - inside >= kLeastOfRest);
  }

  bool is_filler_block(uint32_t node) const {
    const NodeSum& sum = sums_[node];
    if (sum.characters == 0 || sum.characters > kMaxFillerCharacters) return false;
    const HtmlTag tag = tree_[node].tag;
    const bool heading = tag >= HtmlTag::kH1 && tag <= HtmlTag::kH6;
    if (!heading && !sums_.is_paragraph(node)) return false;
    return is_filler(tree_.text_of(node), sum.linked * 2 > sum.characters);
  }

  // Notes what is in code, in figures, and in or around a table that holds data, not layout.
  void mark_places(uint32_t root) {
    uint32_t code_end = 0, figure_end = 0, table_end = 0;
    for (uint32_t i = root; i < tree_[root].end; ++i) {
      if (tree_[i].is_text || sums_.is_left_out(i)) continue;
      if (tree_[i].tag == HtmlTag::kCode) code_end = std::max(code_end, tree_[i].end);
      if (tree_[i].tag == HtmlTag::kFigure) figure_end = std::max(figure_end, tree_[i].end);
      if (tree_[i].tag == HtmlTag::kTable && i >= table_end && is_data_table(i)) {
        table_end = tree_[i].end;
        for (uint32_t above = i; above != root && !kept_[tree_[above].parent];) {
          above = tree_[above].parent;
          kept_[above] = true;
        }
      }
      kept_[i] = kept_[i] || i < code_end || i < table_end;
      in_figure_[i] = i < figure_end;
    }
  }

  bool is_data_table(uint32_t table) const {
    if (tree_.attribute(table, "role") == "presentation") return false;
    size_t rows = 0, columns = 0, cells = 0;
    bool nested = false;
    for (uint32_t i = table + 1; i < tree_[table].end; ++i) {
      if (tree_[i].is_text) continue;
      switch (tree_[i].tag) {
        case HtmlTag::kCaption:
          if (sums_[i].characters > 0) return true;
          break;
        case HtmlTag::kCol:
        case HtmlTag::kColgroup:
        case HtmlTag::kTfoot:
        case HtmlTag::kThead:
        case HtmlTag::kTh:
          return true;
        case HtmlTag::kTable:
          nested = true;
          i = tree_[i].end - 1;
          break;
        case HtmlTag::kTr:
          ++rows;
          cells = 0;
          break;
        case HtmlTag::kTd:
          columns = std::max(columns, ++cells);
          break;
        default:
          break;
      }
    }
    if (nested || rows <= 1 || columns <= 1) return false;
    return rows >= 10 || columns > 4 || rows * columns > 10;
  }

  // From the last to the first, so that what is inside goes first.
  void drop_by_shape(uint32_t root, HtmlTag tag) {
    if (!rules_.by_shape) return;
    for (uint32_t i = tree_[root].end; i-- > root + 1;) {
      if (tree_[i].is_text || tree_[i].tag != tag || sums_.is_left_out(i)) continue;
      if (tag == HtmlTag::kDiv && sums_.is_paragraph(i)) {
        const NodeSum& sum = sums_[i];
        const bool menu = sum.characters < kMostOfMenu && sum.linked > kMenuLinks * sum.characters;
        if (menu && !kept_[i] && !in_figure_[i]) sums_.leave_out(i);
        continue;
      }
      if (has_no_content_shape(i)) sums_.leave_out(i);
    }
  }

  bool has_no_content_shape(uint32_t node) {
    const NodeSum& sum = sums_[node];
    const HtmlTag tag = tree_[node].tag;
    if (kept_[node]) return false;
    const int weight = rules_.weigh_classes ? classes_.read(node).weight : 0;
    if (weight < 0) return true;
    if (sum.commas >= 10) return false;
    const bool is_list = tag == HtmlTag::kUl || tag == HtmlTag::kOl ||
                         (sum.characters > 0 && sum.in_lists > 0.9 * sum.characters);
    const double paragraphs = sum.paragraphs, images = sum.images;
    const double items = static_cast<double>(sum.items) - 100;
    const double headings =
        sum.characters == 0 ? 0 : static_cast<double>(sum.in_headings) / sum.characters;
    const double links = sum.link_density();
    const bool in_figure = in_figure_[node];
    bool drop = (images > 1 && paragraphs / images < 0.5 && !in_figure) ||
                (!is_list && items > paragraphs) || sum.inputs > std::floor(paragraphs / 3) ||
                (!is_list && headings < 0.9 && sum.characters < 25 && (images == 0 || images > 2) &&
                 links > 0 && !in_figure) ||
                (!is_list && weight < 25 && links > 0.2) || (weight >= 25 && links > 0.5) ||
                (sum.embeds == 1 && sum.characters < 75) || sum.embeds > 1 ||
                (images == 0 && sum.textual == 0);
    if (drop && is_list && is_gallery(node)) drop = false;
    return drop;
  }

  // A list of single pictures.
  bool is_gallery(uint32_t list) const {
    size_t items = 0;
    for (uint32_t child = list + 1; child < tree_[list].end; child = tree_[child].end) {
      if (tree_[child].is_text || sums_.is_left_out(child)) continue;
      size_t children = 0;
      for (uint32_t c = child + 1; c < tree_[child].end; c = tree_[c].end) {
        children += !tree_[c].is_text;
      }
      if (children > 1) return false;
      items += tree_[child].tag == HtmlTag::kLi;
    }
    return items > 0 && sums_[list].images == sums_[list].items;
  }

  const PageTree& tree_;
  const CleaningRules& rules_;
  ClassWordReader& classes_;
  NodeSums& sums_;
  std::vector<bool> kept_;       // by node: in code, or in or around a table of data
  std::vector<bool> in_figure_;  // by node
};

}  // namespace

void clean_content(const PageTree& tree, std::span<const uint32_t> nodes,
                   const CleaningRules& rules, ClassWordReader& classes, NodeSums& sums) {
  Cleaner cleaner(tree, rules, classes, sums);
  for (const uint32_t node : nodes) {
    if (!tree[node].is_text) cleaner.clean(node);
  }
}

}  // namespace twin
