#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "style/passages.h"
#include "style/statistics.h"

namespace twin {

// How well style tells the author from the impostors: each document's passages are scored by a
// model that never saw the document (leave one document out; of more than 100, a hundredth at a
// time).
struct StyleSeparation {
  double auc = 0;       // area under the ROC curve over passages
  Interval auc_95;      // bootstrap by document
  double accuracy = 0;  // at the best threshold
  size_t author_documents = 0, impostor_documents = 0;
  // score() by document and passage.
  std::vector<std::vector<double>> author_scores, impostor_scores;
};

// Documents that would leave an author without any other are not scored. auc is 0 where there is
// nobody to tell the author from.
StyleSeparation style_separation(const std::vector<StylePassage>& passages,
                                 const std::string& author_id, uint64_t seed);

}  // namespace twin
