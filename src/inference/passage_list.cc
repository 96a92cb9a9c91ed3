#include "inference/passage_list.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_map>

#include "text/ngrams.h"
#include "text/paragraphs.h"
#include "text/search_terms.h"
#include "text/unicode.h"

namespace twin {
namespace {

constexpr size_t kRunWords = 5;
constexpr double kSameShare = 0.8;

std::vector<uint64_t> sorted_runs(std::string_view text) {
  std::vector<uint64_t> hashes = word_ngrams(text, kRunWords).hashes;
  std::sort(hashes.begin(), hashes.end());
  hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
  return hashes;
}

bool nearly_same(const std::vector<uint64_t>& a, const std::vector<uint64_t>& b) {
  const size_t shorter = std::min(a.size(), b.size());
  if (shorter == 0) return false;
  size_t common = 0;
  for (auto i = a.begin(), j = b.begin(); i != a.end() && j != b.end();) {
    if (*i == *j)
      ++common, ++i, ++j;
    else if (*i < *j)
      ++i;
    else
      ++j;
  }
  return static_cast<double>(common) >= kSameShare * static_cast<double>(shorter);
}

using WordCounts = std::unordered_map<std::string, double>;

// Of the telling words, scaled to length 1.
WordCounts unit_counts(std::string_view text) {
  WordCounts counts;
  for (const ByteRange& range : words(text)) {
    std::string word = fold(slice(text, range));
    if (!is_stop_word(word)) ++counts[std::move(word)];
  }
  double squares = 0;
  for (const auto& [word, count] : counts) squares += count * count;
  for (auto& [word, count] : counts) count /= std::sqrt(squares);
  return counts;
}

double likeness(const WordCounts& a, const WordCounts& b) {
  double sum = 0;
  for (const auto& [word, count] : a) {
    if (const auto found = b.find(word); found != b.end()) sum += count * found->second;
  }
  return sum;
}

// `next` directly behind `passage`: the text of both, or nothing where they do not join.
std::string joined(const DocumentStore& store, const Passage& passage, const Passage& next) {
  const auto document = store.document(passage.chunk.document_id, passage.chunk.version);
  if (!document || next.chunk.range.end > document->verbatim.size()) return {};
  const ByteRange gap{passage.chunk.range.end, next.chunk.range.begin};
  if (gap.begin > gap.end || trim(document->verbatim, gap).size() > 0) return {};
  return passage.chunk.text + std::string(slice(document->verbatim, gap)) + next.chunk.text;
}

}  // namespace

std::vector<Passage> without_near_duplicates(std::vector<Passage> passages, size_t most) {
  std::vector<Passage> kept;
  std::vector<std::vector<uint64_t>> runs_of_kept;
  for (Passage& passage : passages) {
    if (kept.size() == most) break;
    std::vector<uint64_t> runs = sorted_runs(passage.chunk.text);
    bool said = false;
    for (size_t i = 0; i < kept.size() && !said; ++i) {
      said = kept[i].chunk.text == passage.chunk.text || nearly_same(runs_of_kept[i], runs);
    }
    if (said) continue;
    kept.push_back(std::move(passage));
    runs_of_kept.push_back(std::move(runs));
  }
  return kept;
}

std::vector<Passage> with_neighbours_merged(const DocumentStore& store,
                                            std::vector<Passage> passages, size_t most_bytes) {
  // The last ordinal that each passage spans.
  std::vector<size_t> last(passages.size());
  for (size_t i = 0; i < passages.size(); ++i) last[i] = passages[i].chunk.ordinal;
  const auto join = [&](size_t into, size_t other) {
    Passage &a = passages[into], &b = passages[other];
    if (a.chunk.document_id != b.chunk.document_id || a.chunk.version != b.chunk.version) {
      return false;
    }
    const bool behind = b.chunk.ordinal == last[into] + 1;
    const bool before = last[other] + 1 == a.chunk.ordinal;
    if (!behind && !before) return false;
    const Passage &first = behind ? a : b, &second = behind ? b : a;
    if (second.chunk.range.end - first.chunk.range.begin > most_bytes) return false;
    std::string text = joined(store, first, second);
    if (text.empty()) return false;
    Chunk merged = first.chunk;
    merged.range.end = second.chunk.range.end;
    merged.tokens += second.chunk.tokens;
    merged.own_prose = first.chunk.own_prose && second.chunk.own_prose;
    merged.text = std::move(text);
    last[into] = std::max(last[into], last[other]);
    a.chunk = std::move(merged);
    return true;
  };
  for (size_t i = 0; i < passages.size(); ++i) {
    for (size_t j = i + 1; j < passages.size();) {
      if (join(i, j)) {
        passages.erase(passages.begin() + static_cast<std::ptrdiff_t>(j));
        last.erase(last.begin() + static_cast<std::ptrdiff_t>(j));
        j = i + 1;  // a longer passage may have other neighbours
      } else {
        ++j;
      }
    }
  }
  return passages;
}

std::vector<Passage> at_most_per_document(std::vector<Passage> passages, size_t most_per_document) {
  if (most_per_document == 0) return passages;
  std::map<std::string, size_t> taken;
  std::erase_if(passages, [&](const Passage& passage) {
    return ++taken[passage.chunk.document_id] > most_per_document;
  });
  return passages;
}

std::vector<Passage> diversified(std::vector<Passage> passages, size_t k, double balance) {
  const size_t n = passages.size();
  if (n < 3) return passages;
  std::vector<WordCounts> counts(n);
  for (size_t i = 0; i < n; ++i) counts[i] = unit_counts(passages[i].chunk.text);
  std::vector<double> nearest(n, 0);  // likeness to the likest one taken
  std::vector<bool> used(n, false);
  std::vector<size_t> order;
  while (order.size() < std::min(k, n)) {
    size_t best = n;
    double best_value = 0;
    for (size_t i = 0; i < n; ++i) {
      const double relevance = 1 - static_cast<double>(i) / static_cast<double>(n);
      const double value = balance * relevance - (1 - balance) * nearest[i];
      if (!used[i] && (best == n || value > best_value)) best = i, best_value = value;
    }
    used[best] = true;
    order.push_back(best);
    for (size_t i = 0; i < n; ++i) {
      if (!used[i]) nearest[i] = std::max(nearest[i], likeness(counts[best], counts[i]));
    }
  }
  for (size_t i = 0; i < n; ++i) {
    if (!used[i]) order.push_back(i);
  }
  std::vector<Passage> result;
  for (const size_t i : order) result.push_back(std::move(passages[i]));
  return result;
}

}  // namespace twin
