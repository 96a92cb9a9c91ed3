#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace twin {

// The author's prose of one document, for measuring style: what clean views call prose, nothing
// else.
struct StyleDocument {
  std::string document_id;
  std::string author_id;
  std::string text;
};

// A stretch of about `words` words of one document: what is scored.
struct StylePassage {
  std::string document_id;
  std::string author_id;
  std::string text;
};
// Cuts each document at sentence ends into passages of `words` words (the default 250); a rest of
// under 60% of that is joined to the passage before or dropped where it is the only one.
std::vector<StylePassage> style_passages(const std::vector<StyleDocument>& documents,
                                         size_t words = 250);

// A reading of how one author's text differs from others': Burrows' Delta over function words and
// character n-grams, with punctuation and sentence-length features.
// Source: Burrows 2002; Argamon 2008; Eder 2011 (character n-grams).
class StyleModel {
 public:
  // `author_id`'s passages against all the others' (the impostors). With no impostors, the bundled
  // reference frequencies of English stand in, and bundled_reference() says so.
  // Errors: kBadInput where the author has no passages.
  StyleModel(const std::vector<StylePassage>& passages, const std::string& author_id);
  ~StyleModel();

  // Distance to the author minus distance to the impostors, sign turned: higher is more like the
  // author. Any text.
  double score(std::string_view text) const;
  // Burrows' Delta of the text to the author's centroid: lower is nearer.
  double delta(std::string_view text) const;
  bool bundled_reference() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct Interval {
  double low = 0, high = 0;
};

// How well style tells the author from the impostors: each document's passages are scored by a
// model that never saw the document (leave one document out).
struct StyleSeparation {
  double auc = 0;       // area under the ROC curve over passages
  Interval auc_95;      // bootstrap by document
  double accuracy = 0;  // at the best threshold
  size_t author_passages = 0, impostor_passages = 0;
  double author_mean = 0, impostor_mean = 0;           // of score(): the ceiling and the floor
  std::vector<double> author_scores, impostor_scores;  // by passage, for plots
};
StyleSeparation style_separation(const std::vector<StylePassage>& passages,
                                 const std::string& author_id, uint64_t seed);

// Area under the ROC curve; ties count half. Requires both not empty.
double roc_auc(const std::vector<double>& positives, const std::vector<double>& negatives);
// Percentile bootstrap (95%) of the mean; groups are resampled whole. Requires a group.
Interval bootstrap_mean(const std::vector<std::vector<double>>& groups, uint64_t seed,
                        size_t resamples = 1000);

// What a reader would notice: rates per 1,000 words or characters, distributions.
struct StyleProfile {
  size_t words = 0, sentences = 0;
  double mean_sentence_words = 0, sd_sentence_words = 0;
  double mean_word_letters = 0;
  double type_token_ratio = 0;  // moving average over 500 words (MATTR)
  std::vector<std::pair<std::string, double>> punctuation_per_1000_chars;  // "," ";" "—" "!" ...
  std::vector<std::pair<std::string, double>> function_words_per_1000;     // the 50 most telling
  std::array<double, 12> sentence_length_histogram{};  // shares: 1-4, 5-8, ..., 45+ words
};
StyleProfile style_profile(std::string_view text);

}  // namespace twin
