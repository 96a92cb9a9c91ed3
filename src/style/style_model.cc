#include "style/style_model.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <span>
#include <unordered_map>

#include "base/error.h"
#include "style/english_reference.h"

namespace twin {
namespace {

constexpr size_t kTrigrams = 300;       // the most frequent ones, as Eder's stylo does
constexpr size_t kFrequentWords = 150;  // where the text is not English
// Shares of words that are function words: English prose has over 0.4, other languages under 0.1.
constexpr double kEnglishShare = 0.2;

// What is measured of a text, as one vector; `groups` ends each kind of feature.
struct Features {
  std::vector<std::string> words;
  std::vector<uint64_t> trigrams;

  std::vector<double> values(const StyleCounts& counts) const {
    std::vector<double> v;
    v.reserve(words.size() + trigrams.size() + 32);
    const double per_word = 1.0 / std::max<double>(1, static_cast<double>(counts.words));
    for (const std::string& word : words) {
      const auto found = counts.word_counts.find(word);
      v.push_back(found == counts.word_counts.end() ? 0 : found->second * per_word);
    }
    const double per_gram = 1.0 / std::max<double>(1, static_cast<double>(counts.trigrams));
    for (const uint64_t gram : trigrams) {
      const auto found = counts.trigram_counts.find(gram);
      v.push_back(found == counts.trigram_counts.end() ? 0 : found->second * per_gram);
    }
    v.insert(v.end(), counts.punctuation.begin(), counts.punctuation.end());
    v.insert(v.end(), counts.shape.begin(), counts.shape.end());
    return v;
  }

  std::vector<size_t> group_ends() const {
    std::vector<size_t> ends = {words.size()};
    if (!trigrams.empty()) ends.push_back(ends.back() + trigrams.size());
    ends.push_back(ends.back() + punctuation_names().size());
    ends.push_back(ends.back() + shape_names().size());
    return ends;
  }
};

// The `count` keys with the highest totals; ties go to the lower key.
template <class Key>
std::vector<Key> most_frequent(const std::unordered_map<Key, size_t>& totals, size_t count) {
  std::vector<std::pair<size_t, Key>> order;
  order.reserve(totals.size());
  for (const auto& [key, total] : totals) order.emplace_back(total, key);
  const size_t keep = std::min(count, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<ptrdiff_t>(keep), order.end(),
                    [](const auto& a, const auto& b) {
                      return a.first != b.first ? a.first > b.first : a.second < b.second;
                    });
  std::vector<Key> keys;
  for (size_t i = 0; i < keep; ++i) keys.push_back(order[i].second);
  return keys;
}

using Vector = std::vector<double>;
using View = std::span<const double>;

// Burrows' Delta: the mean absolute difference of z-scores.
double burrows_delta(View a, View b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += std::abs(a[i] - b[i]);
  return sum / static_cast<double>(std::max<size_t>(1, a.size()));
}

// 1 - cos of the angle between the z-scores: 0 the same direction, 2 the opposite one.
double cosine_delta(View a, View b) {
  double ab = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    ab += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  return aa > 0 && bb > 0 ? 1 - ab / std::sqrt(aa * bb) : 1;
}

bool reads_as_english(const std::vector<StyleModel::Reading>& readings) {
  size_t function = 0, all = 0;
  for (const StyleModel::Reading& reading : readings) {
    all += reading.counts->words;
    for (const std::string& word : function_words()) {
      const auto found = reading.counts->word_counts.find(word);
      function += found == reading.counts->word_counts.end() ? 0 : found->second;
    }
  }
  return static_cast<double>(function) >= kEnglishShare * static_cast<double>(all);
}

Features choose_features(const std::vector<StyleModel::Reading>& readings, bool trigrams) {
  Features features;
  if (reads_as_english(readings)) {
    features.words = function_words();
  } else {
    std::unordered_map<std::string, size_t> totals;
    for (const StyleModel::Reading& reading : readings) {
      for (const auto& [word, count] : reading.counts->word_counts) totals[word] += count;
    }
    features.words = most_frequent(totals, kFrequentWords);
  }
  if (trigrams) {
    std::unordered_map<uint64_t, size_t> totals;
    for (const StyleModel::Reading& reading : readings) {
      for (const auto& [gram, count] : reading.counts->trigram_counts) totals[gram] += count;
    }
    features.trigrams = most_frequent(totals, kTrigrams);
  }
  return features;
}

}  // namespace

struct StyleModel::Impl {
  Features features;
  std::vector<size_t> group_ends;
  std::vector<double> mean, deviation;  // of each feature, each author counting alike
  std::vector<double> author;           // the centroid, as z-scores
  std::vector<std::vector<double>> impostors;
  bool bundled = false;

  Vector z_scores(const Vector& values) const {
    Vector z(values.size());
    for (size_t i = 0; i < z.size(); ++i) {
      z[i] = deviation[i] > 0 ? std::clamp((values[i] - mean[i]) / deviation[i], -kMaxZ, kMaxZ) : 0;
    }
    return z;
  }

  // `measure` of each group's two stretches, averaged: every kind of feature counts alike.
  template <class Measure>
  double over_groups(const Vector& a, const Vector& b, const Measure& measure) const {
    double total = 0;
    size_t begin = 0;
    for (const size_t end : group_ends) {
      total += measure(std::span(a).subspan(begin, end - begin),
                       std::span(b).subspan(begin, end - begin));
      begin = end;
    }
    return total / static_cast<double>(group_ends.size());
  }
};

StyleModel::StyleModel(const std::vector<Reading>& readings, const std::string& author_id)
    : impl_(std::make_unique<Impl>()) {
  std::map<std::string, std::vector<const StyleCounts*>> by_author;
  for (const Reading& reading : readings) by_author[reading.author_id].push_back(reading.counts);
  if (by_author.count(author_id) == 0) {
    throw Error(ErrorCode::kBadInput,
                "the author has no passage long enough to measure a style from");
  }
  Impl& m = *impl_;
  m.bundled = by_author.size() == 1;
  m.features = choose_features(readings, !m.bundled);
  if (m.bundled) m.features.words = function_words();
  m.group_ends = m.features.group_ends();

  std::map<std::string, std::vector<std::vector<double>>> values;
  for (const auto& [author, list] : by_author) {
    for (const StyleCounts* counts : list) values[author].push_back(m.features.values(*counts));
  }
  const size_t size = m.group_ends.back();
  if (m.bundled) {
    const EnglishReference& reference = english_reference();
    TWIN_CHECK(reference.mean.size() == size);
    m.mean = reference.mean;
    m.deviation = reference.deviation;
    m.impostors = {std::vector<double>(size, 0.0)};
  } else {
    m.mean.assign(size, 0);
    m.deviation.assign(size, 0);
    const double authors = static_cast<double>(values.size());
    for (const auto& [author, list] : values) {
      const double weight = 1.0 / (authors * static_cast<double>(list.size()));
      for (const auto& v : list) {
        for (size_t i = 0; i < size; ++i) m.mean[i] += weight * v[i];
      }
    }
    for (const auto& [author, list] : values) {
      const double weight = 1.0 / (authors * static_cast<double>(list.size()));
      for (const auto& v : list) {
        for (size_t i = 0; i < size; ++i) {
          m.deviation[i] += weight * (v[i] - m.mean[i]) * (v[i] - m.mean[i]);
        }
      }
    }
    for (double& d : m.deviation) d = std::sqrt(d);
  }
  for (const auto& [author, list] : values) {
    std::vector<double> centroid(size, 0.0);
    for (const auto& v : list) {
      const std::vector<double> z = m.z_scores(v);
      for (size_t i = 0; i < size; ++i) centroid[i] += z[i] / static_cast<double>(list.size());
    }
    if (author == author_id) {
      m.author = std::move(centroid);
    } else {
      m.impostors.push_back(std::move(centroid));
    }
  }
}

StyleModel::~StyleModel() = default;
StyleModel::StyleModel(StyleModel&&) noexcept = default;

double StyleModel::score(const StyleCounts& counts) const {
  const Vector z = impl_->z_scores(impl_->features.values(counts));
  double nearest = std::numeric_limits<double>::infinity();
  for (const Vector& impostor : impl_->impostors) {
    nearest = std::min(nearest, impl_->over_groups(z, impostor, cosine_delta));
  }
  return nearest - impl_->over_groups(z, impl_->author, cosine_delta);
}

double StyleModel::delta(const StyleCounts& counts) const {
  const Vector z = impl_->z_scores(impl_->features.values(counts));
  return impl_->over_groups(z, impl_->author, burrows_delta);
}

bool StyleModel::bundled_reference() const { return impl_->bundled; }

}  // namespace twin
