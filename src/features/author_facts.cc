#include "features/author_facts.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "base/error.h"

namespace twin {
namespace {

// Indices of the documents, the earliest first.
std::vector<size_t> by_date(const std::vector<DocumentSummary>& documents) {
  std::vector<size_t> order(documents.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    const std::string &x = documents[a].date, &y = documents[b].date;
    return x.empty() != y.empty() ? y.empty() : x < y;
  });
  return order;
}

}  // namespace

AuthorFacts author_facts(const std::vector<DocumentSummary>& documents,
                         const std::vector<DocumentFacts>& facts) {
  TWIN_CHECK(documents.size() == facts.size());
  AuthorFacts author;
  author.duplicate_of.resize(documents.size());
  std::vector<Sketched> sketches;
  for (size_t i = 0; i < documents.size(); ++i) {
    const DocumentSummary& document = documents[i];
    sketches.push_back(
        {document.id, document.link, document.date, facts[i].canonical, facts[i].sketch});
  }
  const std::vector<size_t> kept = find_duplicates(sketches);
  for (size_t i = 0; i < documents.size(); ++i) {
    if (kept[i] != i) author.duplicate_of[i] = documents[kept[i]].id;
  }
  std::vector<std::vector<std::string>> hashes;
  std::vector<LanguageSample> samples;
  for (size_t i = 0; i < documents.size(); ++i) {
    if (kept[i] != i) continue;
    hashes.push_back(facts[i].block_hashes);
    samples.push_back(facts[i].language);
  }
  author.repeated = repeated_blocks(hashes);
  author.language = main_language(samples);
  author.said_before.resize(documents.size());
  std::unordered_map<std::string_view, size_t> first;
  for (const size_t i : by_date(documents)) {
    if (kept[i] != i) continue;
    for (const std::string& hash : facts[i].block_hashes) {
      if (!first.emplace(hash, i).second) author.said_before[i].insert(hash);
    }
  }
  return author;
}

}  // namespace twin
