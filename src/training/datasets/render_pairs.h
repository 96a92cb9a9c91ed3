#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "engine/learn/preference.h"
#include "training/datasets/read_pairs.h"
#include "training/datasets/render_examples.h"

namespace twin {

struct PairRenderOptions {
  std::optional<PromptTemplate> style;  // nullopt: default_template()
  size_t context = 512;                 // longest prompt with an answer, in tokens
  size_t batch_tokens = 2048;           // a micro-batch holds a pair's two
  bool leave_out_long = false;          // longer pairs are left out; else they are refused
  bool skip_equal = false;  // pairs the same in tokens are left out; else they are refused
  std::chrono::system_clock::time_point now;  // for templates that tell the date
};

// A file's pairs as a model learns them, each of the two as render_examples() makes it.
struct RenderedPairs {
  PromptTemplate style = PromptTemplate::kPlain;
  std::vector<PreferencePair> pairs;
  std::vector<size_t> lines;     // of each pair
  std::vector<size_t> lengths;   // in tokens, of all answers with their prompts, left-out ones too
  std::vector<size_t> too_long;  // lines of the pairs left out
  std::vector<size_t> equal;     // lines of the pairs left out as the same
  size_t joined = 0, changed = 0;  // answers, as RenderedExamples has them
  size_t tokens = 0, learnt_tokens = 0;
};

// `chosen`, `rejected`: the file's examples or held_out ones. Errors: as render_examples();
// kBadInput naming lines, with counts, where pairs are too long, or tokenized the same, or nothing
// is left of an answer.
RenderedPairs render_pairs(Context& context, const LanguageModel& model, const PairFile& file,
                           const std::vector<Example>& chosen, const std::vector<Example>& rejected,
                           const PairRenderOptions& options);

}  // namespace twin
