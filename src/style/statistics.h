#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace twin {

struct Interval {
  double low = 0, high = 0;
};

// Area under the ROC curve; ties count half. Requires both not empty.
double roc_auc(const std::vector<double>& positives, const std::vector<double>& negatives);

double mean_of(const std::vector<double>& values);  // 0 of none
double mean_of(const std::vector<std::vector<double>>& groups);

// Percentile bootstrap (95%) of the mean; groups are resampled whole. Requires a group.
Interval bootstrap_mean(const std::vector<std::vector<double>>& groups, uint64_t seed,
                        size_t resamples = 1000);
// The same of roc_auc(). Requires a group of each kind.
Interval bootstrap_auc(const std::vector<std::vector<double>>& positives,
                       const std::vector<std::vector<double>>& negatives, uint64_t seed,
                       size_t resamples = 1000);

}  // namespace twin
