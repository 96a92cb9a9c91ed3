#include "training/datasets/split.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <tuple>

#include "base/error.h"
#include "base/hashing.h"

namespace twin {
namespace {

// Uniform in [0, 1), from the id alone.
double hash_position(const std::string& id) {
  constexpr int kHexDigits = 12;  // 48 bits: exact in a double
  const std::string digits = sha256("split/1:" + id).substr(0, kHexDigits);
  return std::ldexp(static_cast<double>(std::strtoull(digits.c_str(), nullptr, 16)),
                    -4 * kHexDigits);
}

// One author's documents, those to test on first.
struct Candidate {
  const DocumentSummary* document;
  double position;  // by hash
};

}  // namespace

std::map<std::string, Split> split_documents(const std::vector<DocumentSummary>& documents,
                                             double test_share) {
  TWIN_CHECK(test_share >= 0 && test_share < 1);
  std::map<std::string, std::vector<Candidate>> by_author;
  for (const DocumentSummary& document : documents) {
    by_author[document.author_id].push_back({&document, hash_position(document.id)});
  }

  std::map<std::string, Split> split;
  for (auto& [author, candidates] : by_author) {
    const bool dated = std::all_of(candidates.begin(), candidates.end(),
                                   [](const Candidate& c) { return !c.document->date.empty(); });
    std::sort(candidates.begin(), candidates.end(), [&](const Candidate& a, const Candidate& b) {
      if (dated && a.document->date != b.document->date) return a.document->date > b.document->date;
      return std::tie(a.position, a.document->id) < std::tie(b.position, b.document->id);
    });
    const size_t count = candidates.size();
    auto tests = static_cast<size_t>(std::llround(test_share * static_cast<double>(count)));
    tests = count < 2 ? 0 : std::clamp<size_t>(tests, 1, count - 1);
    for (size_t i = 0; i < count; ++i) {
      split[candidates[i].document->id] = i < tests ? Split::kTest : Split::kTrain;
    }
  }
  return split;
}

}  // namespace twin
