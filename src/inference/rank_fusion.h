#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

namespace twin {

// One ranking of ids, best first, and how much it counts.
struct Ranking {
  std::vector<std::string> ids;
  double weight = 1;
};

// Reciprocal rank fusion: an id's score is the sum over the rankings of weight / (k + rank), ranks
// from 1; best first, equal scores by id. No ranking's own scores are compared with another's.
// Source: Cormack, Clarke, Buettcher, "Reciprocal rank fusion outperforms Condorcet and individual
// rank learning methods" (SIGIR 2009), where k = 60.
std::vector<std::pair<std::string, double>> fuse_ranks(std::span<const Ranking> rankings,
                                                       double k = 60);

}  // namespace twin
