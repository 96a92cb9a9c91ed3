#include "training/datasets/training_prose.h"

namespace twin {

CopyMeter training_copy_meter(const DocumentStore& store, const Corpus& corpus) {
  CopyMeter meter;
  for (const DocumentSummary& summary : corpus.documents) {
    if (corpus.split.at(summary.id) != Split::kTrain) continue;
    const RawDocument document = *store.document(summary.id, summary.version);
    const Features features = *store.features(summary.id);
    meter.add(summary.id, text_of(features.clean, document.verbatim, SpanKind::kProse));
  }
  return meter;
}

}  // namespace twin
