#pragma once

#include <vector>

#include "base/context.h"
#include "engine/kernels/kernels.h"
#include "models/language_model.h"
#include "style/copy_meter.h"
#include "training/datasets/own_pairs.h"
#include "training/kept_items.h"

namespace twin {

struct PairDrawing {
  SamplingOptions sampling;  // its max_new_tokens and stops are not looked at
  size_t context = 512;      // longest prompt with an answer, in tokens
};

// For each passage what `model` itself writes for its prompt, as long as the passage: it is not
// allowed to end before, and cut_to_length() says where it ends. Several are written together, each
// kept the moment it is finished (`kept`: pairs_file()'s).
//
// An answer is drawn again, three times at most, where it is empty, the passage itself, or shares
// an 8-word run with the passage: the same words would be learnt both ways. Where the last is no
// better there is no pair, with the reason. One that copies from elsewhere in `sources` (all texts
// learnt from) is kept, since not to copy is worth learning, and counted.
//
// Each pair depends on its place, the seed and the model alone. Requires samples that
// fit_samples() made for this context. Errors: kInterrupted; those of make_kept_items().
std::vector<OwnPair> draw_pairs(Context& context, const kernels::Kernels& kernels,
                                const LanguageModel& model, const std::vector<Sample>& samples,
                                const CopyMeter& sources, const PairDrawing& drawing,
                                const KeptItems& kept);

// Where draw_pairs() keeps pairs of this key; `file` empty: nowhere.
KeptItems pairs_file(std::filesystem::path file, std::string key);

// What draw_pairs() will take, measured on the beginning of some answers, whatever is kept of them.
double drawing_seconds(Context& context, const kernels::Kernels& kernels,
                       const LanguageModel& model, const std::vector<Sample>& samples,
                       const PairDrawing& drawing);

}  // namespace twin
