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
  facts.duplicate_of.resize(documents.size());
  std::vector<Sketched> sketches;
  for (const DocumentFacts& document : documents) {
    sketches.push_back(
        {document.id, document.link, document.date, document.canonical, document.sketch});
  }
  const std::vector<size_t> kept = find_duplicates(sketches);
  for (size_t i = 0; i < documents.size(); ++i) {
    if (kept[i] != i) facts.duplicate_of[i] = documents[kept[i]].id;
  }
  std::vector<std::vector<std::string>> hashes;
  std::vector<std::string_view> samples;
  for (size_t i = 0; i < documents.size(); ++i) {
    if (kept[i] != i) continue;
    const DocumentFacts& document = documents[i];
    hashes.push_back(document.block_hashes);
    samples.push_back(document.language_sample);
  }
  facts.repeated = repeated_blocks(hashes);
  facts.language = main_language(samples);
  facts.said_before.resize(documents.size());
  std::unordered_map<std::string_view, size_t> first;
  for (const size_t i : by_date(documents)) {
    if (kept[i] != i) continue;
    for (const std::string& hash : documents[i].block_hashes) {
      if (!first.emplace(hash, i).second) facts.said_before[i].insert(hash);
    }
  }
  return facts;
}

}  // namespace twin
