#include "training/datasets/render_pairs.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "training/datasets/sample_problems.h"

namespace twin {
namespace {

size_t learnt_tokens(const TrainingSequence& sequence) {
  return static_cast<size_t>(
      std::count(sequence.loss_mask.begin() + 1, sequence.loss_mask.end(), uint8_t{1}));
}

}  // namespace

RenderedPairs render_pairs(Context& context, const LanguageModel& model, const PairFile& file,
                           const std::vector<Example>& chosen, const std::vector<Example>& rejected,
                           const PairRenderOptions& options) {
  TWIN_CHECK(chosen.size() == rejected.size());
  RenderOptions render;
  render.style = options.style;
  render.max_tokens = std::numeric_limits<size_t>::max();  // pairs are looked at as pairs
  render.now = options.now;
  RenderedExamples first = render_examples(context, model, file.chosen, chosen, render);
  RenderedExamples second = render_examples(context, model, file.rejected, rejected, render);
  SampleProblems empty(file.chosen, chosen.size());
  for (const size_t line : first.nothing_left) empty.add(line, "\"chosen\"");
  for (const size_t line : second.nothing_left) empty.add(line, "\"rejected\"");
  empty.throw_if_any("have an answer that the template shows nothing of", "");

  RenderedPairs result;
  result.style = first.style;
  result.joined = first.joined + second.joined;
  result.changed = first.changed + second.changed;
  SampleProblems too_long(file.chosen, chosen.size()), same(file.chosen, chosen.size());
  for (size_t i = 0; i < chosen.size(); ++i) {
    PreferencePair pair{std::move(first.sequences[i]), std::move(second.sequences[i])};
    const size_t line = chosen[i].line;
    const size_t one = pair.chosen.tokens.size(), other = pair.rejected.tokens.size();
    result.lengths.insert(result.lengths.end(), {one, other});
    // A sequence's last token is only predicted.
    if (std::max(one, other) > options.context || one + other - 2 > options.batch_tokens) {
      too_long.add(line, fmt::format("{} tokens with chosen, {} with rejected", one, other));
      result.too_long.push_back(line);
      continue;
    }
    if (pair.chosen.tokens == pair.rejected.tokens) {
      same.add(line, "chosen and rejected");
      result.equal.push_back(line);
      continue;
    }
    result.tokens += one + other;
    result.learnt_tokens += learnt_tokens(pair.chosen) + learnt_tokens(pair.rejected);
    result.lines.push_back(line);
    result.pairs.push_back(std::move(pair));
  }
  if (!options.skip_equal) {
    same.throw_if_any("are the same in tokens", "\n  --skip-equal leaves such pairs out");
  }
  if (!options.leave_out_long) {
    too_long.throw_if_any(
        fmt::format("do not fit (an answer with its prompt: {} tokens; a micro-batch, which holds "
                    "both: {})",
                    options.context, options.batch_tokens),
        "\n  shorten them, or train with a larger --context or --batch-tokens");
  }
  return result;
}

}  // namespace twin
