#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/context.h"
#include "engine/kernels/kernels.h"
#include "models/language_model.h"
#include "training/fine_tuning.h"

namespace twin {

// What fine-tuning on a file has to do around its steps, whatever it learns.

// `adapter`: what will be gone on from over it, whose parity record is verified; empty: nothing.
// Errors: as load_language_model(); kUsage for a base that is an adapter.
LanguageModel load_tuning_base(Context& context, const kernels::Kernels& kernels,
                               const std::filesystem::path& path,
                               const std::filesystem::path& adapter = {});

// The tokens of the longest sample: `wanted`, or all of the model's where it is 0. Errors: kUsage
// where the model has fewer.
size_t context_of(const DecoderConfig& config, size_t wanted);

// The day the run in `folder` began, so that a template that tells it gives the same text when the
// run goes on. keep: it is noted there for that.
std::chrono::system_clock::time_point begin_of_run(Context& context,
                                                   const std::filesystem::path& folder, bool keep);

// Which of `count` samples are kept for validation: a share of them, drawn by the seed. Errors:
// kUsage where none would be left to learn.
std::vector<bool> draw_share(size_t count, double share, uint64_t seed);
// Takes those out.
template <class T>
std::vector<T> take_drawn(std::vector<T>& samples, const std::vector<bool>& drawn) {
  std::vector<T> kept, taken;
  for (size_t i = 0; i < samples.size(); ++i) {
    (drawn[i] ? taken : kept).push_back(std::move(samples[i]));
  }
  samples = std::move(kept);
  return taken;
}

// The result as a whole folder: the adapter with its base's tokenizer, or the model; with the chat
// template it was trained through and its parity record. `base` was loaded from `path`; its weights
// are not looked at.
void save_tuned(Context& context, const kernels::Kernels& kernels, TunedModel& tuned,
                const LanguageModel& base, const std::filesystem::path& path, PromptTemplate style,
                const std::filesystem::path& folder);

}  // namespace twin
