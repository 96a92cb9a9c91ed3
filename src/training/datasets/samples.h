#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "domain/document.h"
#include "domain/sample.h"
#include "stores/documents/document_store.h"

namespace twin {

struct SampleOptions {
  // true: targets are runs of the author's own prose (SFT). false: everything that cleaning kept,
  // code and quotations too (what a base model learns a language from).
  bool own_prose_only = true;
  size_t min_words = 12;             // shorter targets teach no voice
  size_t max_preceding_bytes = 400;  // of the paragraph before, whole sentences from its end
};

// What a dataset holds and what was left out of it.
struct SampleStatistics {
  size_t documents = 0;  // with at least one sample
  size_t samples = 0;
  size_t words = 0;                       // of the targets
  std::map<std::string, size_t> dropped;  // targets by reason
};

// The samples of one document from what the feature pipeline kept of it, in document order. A
// target is a passage of one chunk: exactly those bytes of the verbatim text, trimmed of outer
// white space, with nothing cleaning removed inside. It ends before a sentence (of code, a line)
// with private data and another may begin behind it, so that targets stay verbatim and no model
// learns to write masks. The prompt is made without a model: title,
// heading path, and the end of the paragraph before the target in the same section.
// Adds to `statistics`. Requires `features` of this version of the document.
std::vector<Sample> build_samples(const RawDocument& document, const Features& features,
                                  Split split, const SampleOptions& options,
                                  SampleStatistics& statistics);

// Throws Error(kBadInput) unless the sample's target is exactly its range of the document's
// verbatim text and has its hash.
void verify_sample(const RawDocument& document, const Sample& sample);

}  // namespace twin
