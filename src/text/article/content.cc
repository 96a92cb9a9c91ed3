#include "text/article/content.h"

#include <algorithm>
#include <cmath>

#include "text/article/byline.h"
#include "text/article/class_words.h"
#include "text/article/cleaning.h"
#include "text/article/marked_body.h"
#include "text/article/node_sums.h"

namespace twin {
namespace {

constexpr size_t kEnoughCharacters = 500;  // less, and the rules are relaxed
constexpr size_t kScoredCharacters = 25;   // shorter paragraphs give no points
constexpr size_t kScoredAncestors = 5;
constexpr size_t kTopCandidates = 5;

struct Rules {
  bool drop_unlikely = true, weigh_classes = true, clean = true;
};

bool is_unlikely_role(std::string_view role) {
  for (const std::string_view known :
       {"menu", "menubar", "complementary", "navigation", "alert", "alertdialog", "dialog"}) {
    if (role == known) return true;
  }
  return false;
}

// Elements that are never content.
bool is_never_content(HtmlTag tag) {
  switch (tag) {
    case HtmlTag::kHead:
    case HtmlTag::kScript:
    case HtmlTag::kStyle:
    case HtmlTag::kNoscript:
    case HtmlTag::kTemplate:
    case HtmlTag::kMeta:
    case HtmlTag::kLink:
    case HtmlTag::kTitle:
      return true;
    default:
      return false;
  }
}

bool is_scored(HtmlTag tag) {
  switch (tag) {
    case HtmlTag::kSection:
    case HtmlTag::kH2:
    case HtmlTag::kH3:
    case HtmlTag::kH4:
    case HtmlTag::kH5:
    case HtmlTag::kH6:
    case HtmlTag::kP:
    case HtmlTag::kTd:
    case HtmlTag::kPre:
      return true;
    default:
      return false;
  }
}

double first_score(HtmlTag tag) {
  switch (tag) {
    case HtmlTag::kDiv:
      return 5;
    case HtmlTag::kPre:
    case HtmlTag::kTd:
    case HtmlTag::kBlockquote:
      return 3;
    case HtmlTag::kAddress:
    case HtmlTag::kOl:
    case HtmlTag::kUl:
    case HtmlTag::kDl:
    case HtmlTag::kDd:
    case HtmlTag::kDt:
    case HtmlTag::kLi:
    case HtmlTag::kForm:
      return -3;
    case HtmlTag::kH1:
    case HtmlTag::kH2:
    case HtmlTag::kH3:
    case HtmlTag::kH4:
    case HtmlTag::kH5:
    case HtmlTag::kH6:
    case HtmlTag::kTh:
      return -5;
    default:
      return 0;
  }
}

class ContentFinder {
 public:
  ContentFinder(const PageTree& tree, const PageMetadata& metadata, ClassWordReader& classes,
                Rules rules)
      : tree_(tree), metadata_(metadata), rules_(rules), classes_(classes), sums_(tree, drop()) {
    body_ = tree.first(HtmlTag::kBody);
  }

  ArticleContent find() {
    score_paragraphs();
    std::vector<uint32_t> nodes = choose();
    if (const uint32_t body = element_of_body(tree_, metadata_.article_body, sums_);
        body != 0 && !holds(nodes, body)) {
      nodes = {body};
    }
    clean_content(tree_, nodes, {rules_.weigh_classes, rules_.clean}, classes_, sums_);
    narrow_to_marked_body(tree_, nodes, classes_, sums_);
    ArticleContent content;
    for (const uint32_t node : nodes) {
      if (sums_.is_left_out(node)) continue;
      content.nodes.push_back(node);
      content.characters += sums_[node].characters;
      content.linked += std::min(sums_[node].linked, sums_[node].characters);
      content.paragraphs += sums_[node].paragraphs;
    }
    content.left_out = sums_.left_out();
    return content;
  }

 private:
  const PageNode& at(uint32_t node) const { return tree_[node]; }

  int weight(uint32_t node) { return rules_.weigh_classes ? classes_.read(node).weight : 0; }

  // Whether the chosen nodes are that element, hold it, or are nearly all of it.
  bool holds(const std::vector<uint32_t>& nodes, uint32_t wanted) const {
    size_t inside = 0;
    for (const uint32_t node : nodes) {
      if (node == wanted || is_above(node, wanted)) return true;
      if (is_above(wanted, node)) inside += sums_[node].characters;
    }
    return inside * 5 >= static_cast<size_t>(sums_[wanted].characters) * 4;
  }

  // What is dropped before anything is scored.
  PageMask drop() {
    PageMask left_out(tree_.nodes().size());
    uint32_t table_or_code_end = 0;
    bool title_seen = false, byline_seen = false;
    for (uint32_t i = 1; i < tree_.nodes().size(); ++i) {
      const PageNode& node = at(i);
      if (node.is_text) continue;
      bool out =
          is_never_content(node.tag) || is_hidden(tree_, i) ||
          (tree_.attribute(i, "aria-modal") == "true" && tree_.attribute(i, "role") == "dialog");
      if (!out && !byline_seen && is_byline(tree_, i, classes_)) {
        const std::string text = tree_.text_of(i, kMaxBylineBytes * 2);
        out = byline_seen = !text.empty() && text.size() <= kMaxBylineBytes;
      }
      if (!out && !title_seen && (node.tag == HtmlTag::kH1 || node.tag == HtmlTag::kH2)) {
        out = title_seen = title_similarity(metadata_.title, tree_.text_of(i)) > 0.75;
      }
      if (!out && rules_.drop_unlikely && node.tag != HtmlTag::kBody && node.tag != HtmlTag::kA &&
          node.tag != HtmlTag::kHtml) {
        const ClassWords words = classes_.read(i);
        out = (words.unlikely && !words.maybe && i >= table_or_code_end) ||
              is_unlikely_role(tree_.attribute(i, "role"));
      }
      if (out) {
        left_out[i] = true;
        i = node.end - 1;
      } else if ((node.tag == HtmlTag::kTable || node.tag == HtmlTag::kCode) &&
                 i >= table_or_code_end) {
        table_or_code_end = node.end;
      }
    }
    return left_out;
  }

  double& candidate(uint32_t node) {
    if (std::isnan(scores_[node])) scores_[node] = first_score(at(node).tag) + weight(node);
    return scores_[node];
  }

  // Gives a paragraph's points to what it stands in.
  void give(uint32_t first_ancestor, const NodeSum& paragraph) {
    if (paragraph.characters < kScoredCharacters) return;
    const double points =
        2 + paragraph.commas + std::min<double>(std::floor(paragraph.characters / 100.0), 3);
    uint32_t ancestor = first_ancestor;
    for (size_t level = 0; level < kScoredAncestors && ancestor != 0; ++level) {
      candidate(ancestor) += points / (level == 0   ? 1
                                       : level == 1 ? 2
                                                    : 3.0 * static_cast<double>(level));
      ancestor = at(ancestor).parent;
    }
  }

  void score_paragraphs() {
    scores_.assign(tree_.nodes().size(), std::nan(""));
    for (uint32_t i = 1; i < tree_.nodes().size(); ++i) {
      if (sums_.is_left_out(i)) {
        i = at(i).end - 1;
        continue;
      }
      const PageNode& node = at(i);
      if (node.is_text || sums_[i].characters < kScoredCharacters) continue;
      // A cell of paragraphs gives none of its own: the row would outdo the cell.
      const bool is_layout = node.tag == HtmlTag::kTd && sums_[i].paragraphs > 0;
      if ((is_scored(node.tag) && !is_layout) || sums_.is_paragraph(i)) {
        give(node.parent, sums_[i]);
      } else if (node.tag == HtmlTag::kDiv) {
        for_each_run(i, [&](const std::vector<uint32_t>&, const NodeSum& sum) { give(i, sum); });
      }
    }
    // Links are no writing: what consists of them is no content.
    for (uint32_t i = 1; i < tree_.nodes().size(); ++i) {
      if (!std::isnan(scores_[i])) scores_[i] *= 1 - sums_[i].link_density();
    }
  }

  // The runs of text and inline elements between the blocks that are a <div>'s children.
  template <class Visit>
  void for_each_run(uint32_t parent, const Visit& visit) const {
    std::vector<uint32_t> run;
    NodeSum sum;
    const auto end_run = [&] {
      if (sum.characters > 0) visit(run, sum);
      run.clear();
      sum = {};
    };
    size_t breaks = 0;
    for (uint32_t child = parent + 1; child < at(parent).end; child = at(child).end) {
      if (sums_.is_left_out(child)) continue;
      const PageNode& node = at(child);
      const bool is_break = !node.is_text && node.tag == HtmlTag::kBr;
      if (!node.is_text && (is_block_element(node.tag) || has_block_inside(child))) {
        end_run();
      } else {
        if (node.is_text && sums_[child].characters == 0 && breaks > 0) continue;
        breaks = is_break ? breaks + 1 : 0;
        if (breaks >= 2) end_run();
        run.push_back(child);
        sum.characters += sums_[child].characters;
        sum.commas += sums_[child].commas;
        sum.link_weight += sums_[child].link_weight;
      }
    }
    end_run();
  }

  bool has_block_inside(uint32_t node) const {
    for (uint32_t i = node + 1; i < at(node).end; ++i) {
      if (!at(i).is_text && is_block_element(at(i).tag) && !sums_.is_left_out(i)) return true;
    }
    return false;
  }

  std::vector<uint32_t> top_candidates() const {
    std::vector<uint32_t> top;
    for (uint32_t i = 1; i < tree_.nodes().size(); ++i) {
      if (std::isnan(scores_[i])) continue;
      const auto place =
          std::find_if(top.begin(), top.end(), [&](uint32_t t) { return scores_[t] < scores_[i]; });
      if (place == top.end() && top.size() >= kTopCandidates) continue;
      top.insert(place, i);
      if (top.size() > kTopCandidates) top.pop_back();
    }
    return top;
  }

  bool is_above(uint32_t ancestor, uint32_t node) const {
    return ancestor < node && node < at(ancestor).end;
  }

  uint32_t choose_top() {
    const std::vector<uint32_t> candidates = top_candidates();
    if (candidates.empty() || at(candidates[0]).tag == HtmlTag::kBody ||
        at(candidates[0]).tag == HtmlTag::kHtml) {
      return body_;
    }
    uint32_t top = candidates[0];
    // Where three of nearly as good candidates lie in one element, that is the content.
    constexpr size_t kAgreeing = 3;
    std::vector<uint32_t> alternatives;
    for (size_t i = 1; i < candidates.size(); ++i) {
      if (scores_[candidates[i]] / scores_[top] >= 0.75) alternatives.push_back(candidates[i]);
    }
    if (alternatives.size() >= kAgreeing) {
      for (uint32_t above = at(top).parent; above != 0 && at(above).tag != HtmlTag::kBody;
           above = at(above).parent) {
        const auto inside = std::count_if(alternatives.begin(), alternatives.end(),
                                          [&](uint32_t a) { return is_above(above, a); });
        if (inside >= static_cast<std::ptrdiff_t>(kAgreeing)) {
          top = above;
          break;
        }
      }
    }
    double last = candidate(top);
    const double threshold = last / 3;
    for (uint32_t above = at(top).parent; above != 0 && at(above).tag != HtmlTag::kBody;
         above = at(above).parent) {
      if (std::isnan(scores_[above])) continue;
      if (scores_[above] < threshold) break;
      if (scores_[above] > last) {  // the content is in several elements
        top = above;
        break;
      }
      last = scores_[above];
    }
    while (at(top).parent != 0 && at(at(top).parent).tag != HtmlTag::kBody &&
           only_child(at(top).parent)) {
      top = at(top).parent;
    }
    return top;
  }

  bool only_child(uint32_t parent) const {
    size_t children = 0;
    for (uint32_t child = parent + 1; child < at(parent).end; child = at(child).end) {
      if (!at(child).is_text && !sums_.is_left_out(child)) ++children;
    }
    return children == 1;
  }

  // Whether a text ends a sentence somewhere.
  bool has_sentence_end(const std::vector<uint32_t>& nodes) const {
    for (const uint32_t node : nodes) {
      const std::string text = tree_.text_of(node);
      if (text.find(". ") != std::string::npos || text.ends_with('.')) return true;
    }
    return false;
  }

  bool is_joined_paragraph(const std::vector<uint32_t>& nodes, const NodeSum& sum) const {
    if (sum.characters > 80) return sum.link_density() < 0.25;
    return sum.characters > 0 && sum.link_weight == 0 && has_sentence_end(nodes);
  }

  std::vector<uint32_t> choose() {
    const uint32_t top = choose_top();
    if (top == body_ || at(top).parent == 0) return {top};
    const uint32_t parent = at(top).parent;
    const double threshold = std::max(10.0, scores_[top] * 0.2);
    const std::string_view top_class = tree_.attribute(top, "class");
    std::vector<uint32_t> chosen;
    for (uint32_t child = parent + 1; child < at(parent).end; child = at(child).end) {
      if (child == top) {
        chosen.push_back(child);
        continue;
      }
      if (sums_.is_left_out(child) || at(child).is_text) continue;
      double bonus = 0;
      if (!top_class.empty() && tree_.attribute(child, "class") == top_class) {
        bonus = scores_[top] * 0.2;
      }
      const bool scored = !std::isnan(scores_[child]) && scores_[child] + bonus >= threshold;
      if (scored || (sums_.is_paragraph(child) && is_joined_paragraph({child}, sums_[child]))) {
        chosen.push_back(child);
      }
    }
    if (at(parent).tag == HtmlTag::kDiv) {
      for_each_run(parent, [&](const std::vector<uint32_t>& run, const NodeSum& sum) {
        if (is_joined_paragraph(run, sum)) chosen.insert(chosen.end(), run.begin(), run.end());
      });
    }
    std::sort(chosen.begin(), chosen.end());
    chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
    return chosen;
  }

  const PageTree& tree_;
  const PageMetadata& metadata_;
  Rules rules_;
  ClassWordReader& classes_;
  NodeSums sums_;
  uint32_t body_ = 0;
  std::vector<double> scores_;  // NaN: no candidate
};

}  // namespace

ArticleContent find_content(const PageTree& tree, const PageMetadata& metadata,
                            ClassWordReader& classes) {
  ArticleContent longest;
  for (const Rules rules :
       {Rules{}, Rules{.drop_unlikely = false},
        Rules{.drop_unlikely = false, .weigh_classes = false},
        Rules{.drop_unlikely = false, .weigh_classes = false, .clean = false}}) {
    ArticleContent content = ContentFinder(tree, metadata, classes, rules).find();
    if (content.characters >= kEnoughCharacters) return content;
    // Some more is chrome rather than content.
    const size_t words = content.characters - content.linked;
    const size_t most = longest.characters - longest.linked;
    if (longest.left_out.empty() || words * 10 > most * 11) {
      longest = std::move(content);
    }
  }
  return longest;
}

}  // namespace twin
