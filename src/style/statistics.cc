#include "style/statistics.h"

#include <algorithm>

#include "base/error.h"
#include "base/random.h"

namespace twin {
namespace {

using Groups = std::vector<std::vector<double>>;

// All values of as many groups as there are, drawn with replacement.
std::vector<double> resample(const Groups& groups, Random& random) {
  std::vector<double> values;
  for (size_t i = 0; i < groups.size(); ++i) {
    const std::vector<double>& group = groups[random.below(groups.size())];
    values.insert(values.end(), group.begin(), group.end());
  }
  return values;
}

Interval middle_95(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const auto at = [&](double share) {
    return values[static_cast<size_t>(share * static_cast<double>(values.size() - 1) + 0.5)];
  };
  return {at(0.025), at(0.975)};
}

}  // namespace

double roc_auc(const std::vector<double>& positives, const std::vector<double>& negatives) {
  TWIN_CHECK(!positives.empty() && !negatives.empty());
  std::vector<double> sorted = negatives;
  std::sort(sorted.begin(), sorted.end());
  double wins = 0;  // pairs ordered rightly, ties half: the Mann-Whitney statistic
  for (const double value : positives) {
    const auto [low, high] = std::equal_range(sorted.begin(), sorted.end(), value);
    wins += static_cast<double>(low - sorted.begin()) + 0.5 * static_cast<double>(high - low);
  }
  return wins / (static_cast<double>(positives.size()) * static_cast<double>(negatives.size()));
}

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

double mean_of(const Groups& groups) {
  std::vector<double> values;
  for (const auto& group : groups) values.insert(values.end(), group.begin(), group.end());
  return mean_of(values);
}

Interval bootstrap_mean(const Groups& groups, uint64_t seed, size_t resamples) {
  TWIN_CHECK(!groups.empty());
  Random random(seed);
  std::vector<double> means(resamples);
  for (double& mean : means) mean = mean_of(resample(groups, random));
  return middle_95(std::move(means));
}

Interval bootstrap_auc(const Groups& positives, const Groups& negatives, uint64_t seed,
                       size_t resamples) {
  TWIN_CHECK(!positives.empty() && !negatives.empty());
  Random random(seed);
  std::vector<double> areas(resamples);
  for (double& area : areas)
    area = roc_auc(resample(positives, random), resample(negatives, random));
  return middle_95(std::move(areas));
}

}  // namespace twin
