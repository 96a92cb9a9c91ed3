#pragma once

#include <functional>
#include <string_view>

#include "models/language_model.h"

namespace twin {

// A text of at least `words` words: where the model ends sooner, it is asked to go on from the last
// paragraph it wrote, up to kLongTextRounds times in all. 0 words: one answer, as it comes. Tokens
// are summed over the answers; what was cut is the first one's, `stopped` the last one's. on_text
// as in TextGenerator.
inline constexpr size_t kLongTextRounds = 8;
TextGenerator::Result write_at_least(TextGenerator& generator, const WritingPrompt& prompt,
                                     size_t words, const SamplingOptions& sampling,
                                     const std::function<bool(std::string_view)>& on_text = {});

}  // namespace twin
