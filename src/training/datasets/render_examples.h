#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/context.h"
#include "engine/learn/packing.h"
#include "models/language_model.h"
#include "models/prompt_template.h"
#include "training/datasets/example.h"

namespace twin {

// The template samples go through where nobody said: the model's own for all but plain texts, where
// it has one; else Alpaca's for instructions, none for the others.
PromptTemplate default_template(ExampleKind kind, bool has_chat_template);

struct RenderOptions {
  std::optional<PromptTemplate> style;  // nullopt: default_template()
  bool loss_on_all = false;             // prompts are learnt too
  size_t max_tokens = 512;              // longest sample, its end token included
  bool truncate = false;                // longer ones are cut at the end; else they are refused
  std::chrono::system_clock::time_point now;  // for templates that tell the date
};

// A file's samples as a model learns them. Every sequence holds the ids of its whole text, as
// encoding that at once gives them.
struct RenderedExamples {
  PromptTemplate style = PromptTemplate::kPlain;
  std::vector<TrainingSequence> sequences;
  std::vector<size_t> lines;         // of each sequence (Example::line)
  std::vector<size_t> lengths;       // of each before it was cut, in tokens
  std::vector<size_t> nothing_left;  // lines left out: cut off was all there is to learn
  size_t truncated = 0;
  size_t joined = 0;  // samples with a token that holds the prompt's end and the completion's begin
  size_t changed = 0;  // samples with a message that the template shows otherwise than it stands
  size_t tokens = 0, learnt_tokens = 0;
};

// Renders all of them, on the context's threads. `examples` are `file`'s examples or held_out ones.
// Errors: kUsage where the template does not go with the samples or the model has none; kBadInput
// naming lines, with counts, where samples are too long, or the template refuses them.
RenderedExamples render_examples(Context& context, const LanguageModel& model,
                                 const ExampleFile& file, const std::vector<Example>& examples,
                                 const RenderOptions& options);

}  // namespace twin
