#include "features/author_facts.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "features/foreign_text.h"

namespace twin {
namespace {

// Indices of the documents, the earliest first.
std::vector<size_t> by_date(const std::vector<DocumentFacts>& documents) {
  std::vector<size_t> order(documents.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    const std::string &x = documents[a].date, &y = documents[b].date;
    return x.empty() != y.empty() ? y.empty() : x < y;
  });
  return order;
}

}  // namespace

AuthorFacts author_facts(const std::vector<DocumentFacts>& documents) {
  AuthorFacts facts;
  std::vector<std::vector<std::string>> hashes;
  std::vector<std::string_view> samples;
  for (const DocumentFacts& document : documents) {
    hashes.push_back(document.block_hashes);
    samples.push_back(document.language_sample);
  }
  facts.repeated = repeated_blocks(hashes);
  facts.language = main_language(samples);
  facts.said_before.resize(documents.size());
  std::unordered_map<std::string_view, size_t> first;
  for (const size_t i : by_date(documents)) {
    for (const std::string& hash : documents[i].block_hashes) {
      if (!first.emplace(hash, i).second) facts.said_before[i].insert(hash);
    }
  }
  return facts;
}

}  // namespace twin
