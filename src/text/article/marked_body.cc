#include "text/article/marked_body.h"

#include <algorithm>
#include <unordered_set>

#include "text/unicode.h"

namespace twin {
namespace {

constexpr double kMostOfContent = 0.5;  // of the content's characters
constexpr size_t kLeadCharacters = 80;  // shorter paragraphs outside the body are no lead
constexpr size_t kHeadingCharacters = 25;
constexpr size_t kBodyCharacters = 300;  // JSON-LD repeats shorter bodies only as a teaser
constexpr size_t kNgram = 3;             // words
constexpr double kSameParagraph = 0.6;   // of its n-grams
constexpr double kNearlyAll = 0.85;      // of the paragraphs' characters

bool is_marked(const PageTree& tree, uint32_t node, ClassWordReader& classes) {
  return tree.attribute(node, "itemprop").find("articleBody") != std::string_view::npos ||
         classes.read(node).body;
}

class Narrower {
 public:
  Narrower(const PageTree& tree, const std::vector<uint32_t>& bodies, NodeSums& sums)
      : tree_(tree), bodies_(bodies), sums_(sums) {}

  void narrow(uint32_t node) {
    if (sums_.is_left_out(node) || is_body(node)) return;
    if (holds_body(node)) {
      for (uint32_t child = node + 1; child < tree_[node].end; child = tree_[child].end) {
        narrow(child);
      }
    } else if (node >= tree_[bodies_.back()].end || !holds_lead(node)) {
      sums_.leave_out(node);
    }
  }

 private:
  bool is_body(uint32_t node) const {
    return std::binary_search(bodies_.begin(), bodies_.end(), node);
  }
  bool holds_body(uint32_t node) const {
    const auto next = std::upper_bound(bodies_.begin(), bodies_.end(), node);
    return next != bodies_.end() && *next < tree_[node].end;
  }
  bool holds_lead(uint32_t node) const {
    for (uint32_t i = node; i < tree_[node].end; ++i) {
      if (sums_.is_left_out(i) || tree_[i].is_text) continue;
      if (tree_[i].tag == HtmlTag::kFigure || tree_[i].tag == HtmlTag::kImg) return true;
      const bool heading = tree_[i].tag >= HtmlTag::kH1 && tree_[i].tag <= HtmlTag::kH6;
      if ((heading || sums_.is_paragraph(i)) &&
          sums_[i].characters >= (heading ? kHeadingCharacters : kLeadCharacters) &&
          sums_[i].link_density() < 0.25) {
        return true;
      }
    }
    return false;
  }

  const PageTree& tree_;
  const std::vector<uint32_t>& bodies_;
  NodeSums& sums_;
};

// Hashes of the n-grams of a text's words.
std::vector<size_t> ngrams(std::string_view text) {
  const std::string folded = fold(text);
  std::vector<size_t> hashes, grams;
  for (const ByteRange word : words(folded)) {
    hashes.push_back(std::hash<std::string_view>()(slice(folded, word)));
  }
  for (size_t i = 0; i + kNgram <= hashes.size(); ++i) {
    size_t gram = 0;
    for (size_t k = 0; k < kNgram; ++k) gram = gram * 0x9e3779b97f4a7c15U + hashes[i + k];
    grams.push_back(gram);
  }
  return grams;
}

}  // namespace

void narrow_to_marked_body(const PageTree& tree, const std::vector<uint32_t>& nodes,
                           ClassWordReader& classes, NodeSums& sums) {
  std::vector<uint32_t> bodies;
  size_t in_bodies = 0, all = 0;
  for (const uint32_t node : nodes) {
    all += sums[node].characters;
    for (uint32_t i = node; i < tree[node].end; ++i) {
      if (tree[i].is_text || sums.is_left_out(i) || !is_marked(tree, i, classes)) continue;
      bodies.push_back(i);
      in_bodies += sums[i].characters;
      i = tree[i].end - 1;
    }
  }
  if (bodies.empty() ||
      static_cast<double>(in_bodies) < kMostOfContent * static_cast<double>(all)) {
    return;
  }
  Narrower narrower(tree, bodies, sums);
  for (const uint32_t node : nodes) narrower.narrow(node);
}

uint32_t element_of_body(const PageTree& tree, std::string_view body, const NodeSums& sums) {
  if (body.size() < kBodyCharacters) return 0;
  const std::vector<size_t> of_body = ngrams(body);
  const std::unordered_set<size_t> known(of_body.begin(), of_body.end());
  std::vector<uint32_t> found;  // characters of the body's paragraphs, by node
  found.resize(tree.nodes().size());
  size_t all = 0;
  for (uint32_t i = 1; i < tree.nodes().size(); ++i) {
    if (tree[i].is_text || sums.is_left_out(i) || !sums.is_paragraph(i)) continue;
    const std::vector<size_t> grams = ngrams(tree.text_of(i));
    const auto same = std::count_if(grams.begin(), grams.end(),
                                    [&](size_t gram) { return known.find(gram) != known.end(); });
    if (static_cast<double>(same) > kSameParagraph * static_cast<double>(grams.size())) {
      found[i] = sums[i].characters;
      all += found[i];
    }
    i = tree[i].end - 1;
  }
  if (all < kBodyCharacters) return 0;
  uint32_t lowest = 0;
  for (uint32_t i = static_cast<uint32_t>(tree.nodes().size()); i-- > 1;) {
    if (!tree[i].is_text && !sums.is_paragraph(i) &&
        static_cast<double>(found[i]) > kNearlyAll * static_cast<double>(all)) {
      lowest = i;
      break;
    }
    found[tree[i].parent] += found[i];
  }
  return lowest;
}

}  // namespace twin
