#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "style/passages.h"
#include "style/style_counts.h"

namespace twin {

// A reading of how one author's text differs from others', over four kinds of features that count
// alike: function words, character trigrams, punctuation, sentence and word lengths. All are
// z-scores over the passages it was made from, each author counting alike, cut off at +-kMaxZ.
// Source: Burrows 2002 (Delta); Eder 2011 (character n-grams); Smith & Aldridge 2011 and Evert et
// al. 2017 (Cosine Delta, which tells authors apart better on short texts).
class StyleModel {
 public:
  static constexpr double kMaxZ = 2.5;

  // One passage to learn from.
  struct Reading {
    const StyleCounts* counts;
    std::string author_id;
  };

  // `author_id`'s passages against all the others' (the impostors). With no impostors, the bundled
  // reference frequencies of English stand in, and bundled_reference() says so.
  // Errors: kBadInput where the author has no passages.
  StyleModel(const std::vector<Reading>& readings, const std::string& author_id);
  ~StyleModel();
  StyleModel(StyleModel&&) noexcept;

  // Cosine Delta to the nearest impostor minus that to the author: higher is more like the author,
  // above 0 nearer to the author than to anyone else.
  double score(const StyleCounts& counts) const;
  double score(std::string_view text) const { return score(count_style(text)); }
  // Burrows' Delta of the text to the author's centroid: lower is nearer, 0 is the centroid.
  double delta(const StyleCounts& counts) const;
  double delta(std::string_view text) const { return delta(count_style(text)); }
  bool bundled_reference() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace twin
