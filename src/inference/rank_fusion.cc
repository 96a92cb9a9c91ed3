#include "inference/rank_fusion.h"

#include <algorithm>
#include <map>

namespace twin {

std::vector<std::pair<std::string, double>> fuse_ranks(std::span<const Ranking> rankings,
                                                       double k) {
  std::map<std::string, double> scores;
  for (const Ranking& ranking : rankings) {
    for (size_t i = 0; i < ranking.ids.size(); ++i) {
      scores[ranking.ids[i]] += ranking.weight / (k + static_cast<double>(i + 1));
    }
  }
  std::vector<std::pair<std::string, double>> fused(scores.begin(), scores.end());
  std::stable_sort(fused.begin(), fused.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  return fused;
}

}  // namespace twin
