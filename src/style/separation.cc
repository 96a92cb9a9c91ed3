#include "style/separation.h"

#include <algorithm>
#include <map>
#include <set>

#include "style/style_model.h"

namespace twin {
namespace {

// So many models are made at most, each without a hundredth of the documents.
constexpr size_t kFolds = 100;

// The share of passages on the right side of the threshold that puts most there.
double best_accuracy(const std::vector<double>& author, const std::vector<double>& others) {
  std::vector<std::pair<double, int>> all;
  all.reserve(author.size() + others.size());
  for (const double score : author) all.emplace_back(score, 1);
  for (const double score : others) all.emplace_back(score, 0);
  std::sort(all.begin(), all.end());
  size_t right = author.size(), best = right;  // threshold below everything
  for (size_t i = 0; i < all.size(); ++i) {
    right = all[i].second == 1 ? right - 1 : right + 1;
    if (i + 1 == all.size() || all[i].first < all[i + 1].first) best = std::max(best, right);
  }
  return static_cast<double>(best) / static_cast<double>(all.size());
}

std::vector<double> flattened(const std::vector<std::vector<double>>& groups) {
  std::vector<double> all;
  for (const auto& group : groups) all.insert(all.end(), group.begin(), group.end());
  return all;
}

}  // namespace

StyleSeparation style_separation(const std::vector<StylePassage>& passages,
                                 const std::string& author_id, uint64_t seed) {
  std::vector<StyleCounts> counts;
  std::map<std::string, std::vector<size_t>> by_document;
  std::map<std::string, std::set<std::string>> documents_of;
  for (size_t i = 0; i < passages.size(); ++i) {
    counts.push_back(count_style(passages[i].text));
    by_document[passages[i].document_id].push_back(i);
    documents_of[passages[i].author_id].insert(passages[i].document_id);
  }
  StyleSeparation result;
  if (documents_of.size() < 2 || documents_of.count(author_id) == 0) return result;
  // Neighbours here are an author's: they come into different folds. An author's only document
  // comes into none.
  std::map<std::string, size_t> fold_of;
  for (const auto& [author, documents] : documents_of) {
    if (documents.size() < 2) continue;
    for (const std::string& document : documents)
      fold_of.emplace(document, fold_of.size() % kFolds);
  }
  const auto is_left_out = [&](const std::string& document, size_t fold) {
    const auto found = fold_of.find(document);
    return found != fold_of.end() && found->second == fold;
  };
  std::map<std::string, std::vector<double>> scores;  // of each document's passages
  for (size_t fold = 0; fold < std::min(kFolds, fold_of.size()); ++fold) {
    std::vector<StyleModel::Reading> readings;
    for (size_t i = 0; i < passages.size(); ++i) {
      if (!is_left_out(passages[i].document_id, fold)) {
        readings.push_back({&counts[i], passages[i].author_id});
      }
    }
    const StyleModel model(readings, author_id);
    for (const auto& [document, indices] : by_document) {
      if (!is_left_out(document, fold)) continue;
      for (const size_t i : indices) scores[document].push_back(model.score(counts[i]));
    }
  }
  for (auto& [document, found] : scores) {
    const std::string& author = passages[by_document.at(document).front()].author_id;
    auto& groups = author == author_id ? result.author_scores : result.impostor_scores;
    groups.push_back(std::move(found));
  }
  result.author_documents = result.author_scores.size();
  result.impostor_documents = result.impostor_scores.size();
  if (result.author_scores.empty() || result.impostor_scores.empty()) return result;
  const std::vector<double> author = flattened(result.author_scores);
  const std::vector<double> others = flattened(result.impostor_scores);
  result.auc = roc_auc(author, others);
  result.accuracy = best_accuracy(author, others);
  result.auc_95 = bootstrap_auc(result.author_scores, result.impostor_scores, seed);
  return result;
}

}  // namespace twin
