#pragma once

#include <filesystem>
#include <string>

#include "base/context.h"
#include "base/json.h"
#include "engine/generate/sampling_options.h"
#include "engine/kernels/kernels.h"
#include "stores/documents/document_store.h"
#include "training/preference_learning.h"
#include "training/preview_text.h"
#include "training/train.h"

namespace twin {

struct OwnPreferenceTraining : PreferenceTuning {
  std::string author_id;
  size_t passages = 0;       // of the author, spread evenly over all of them; 0: all
  SamplingOptions sampling;  // how the model's own answers are drawn
};

// Direct preference optimisation of the twin itself: chosen are the author's own passages of the
// training side, rejected what models/sft writes for the same prompts (datasets/draw_pairs.h). The
// pairs are kept in runs/dpo/pairs.jsonl the moment they are made, read back and verified. Training
// goes on from the SFT adapter, and that, not the base, is the reference; where SFT trained all
// weights, a fresh adapter is put over them. As the trainings of train.h in all else.
// Errors: kUsage without an SFT model, or where the author has no passages, or to train all weights
// where SFT left an adapter; kDoesNotFit; kInterrupted, with all pairs and a checkpoint kept.
bool train_dpo(Context& context, const kernels::Kernels& kernels, const DocumentStore& store,
               double test_share, const OwnPreferenceTraining& options,
               const TrainingFolders& folders);

// What train_dpo() would do, without doing it: some pairs, token by token, drawn for this alone;
// how many there will be; what drawing and training take. As preview_preferences().
Json preview_dpo(Context& context, const kernels::Kernels& kernels, const DocumentStore& store,
                 double test_share, const OwnPreferenceTraining& options,
                 const TrainingFolders& folders, const PreviewOptions& preview, std::string& text);

// What is known of a preference model beside the SFT model of a twin.
enum class DpoState {
  kNone,     // there is none
  kCurrent,  // it was made from that SFT model
  kStale     // it was made from another
};
DpoState dpo_state(const std::filesystem::path& sft, const std::filesystem::path& dpo);

}  // namespace twin
