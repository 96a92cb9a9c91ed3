#include "models/long_text.h"

#include "text/paragraphs.h"
#include "text/unicode.h"

namespace twin {

TextGenerator::Result write_at_least(TextGenerator& generator, const WritingPrompt& prompt,
                                     size_t words_wanted, const SamplingOptions& sampling,
                                     const std::function<bool(std::string_view)>& on_text) {
  constexpr size_t kPrecedingBytes = 400;  // as in training
  constexpr std::string_view kBreak = "\n\n";
  TextGenerator::Result whole;
  WritingPrompt next = prompt;
  SamplingOptions options = sampling;
  bool go_on = true;
  for (size_t round = 0; round < kLongTextRounds && go_on; ++round) {
    const bool more = !whole.text.empty();
    bool first = true;
    const auto tell = [&](std::string_view text) {
      if (more && first) go_on = on_text(kBreak);
      first = false;
      go_on = go_on && on_text(text);
      return go_on;
    };
    const TextGenerator::Result part =
        on_text ? generator.write(next, options, tell) : generator.write(next, options);
    if (more && !part.text.empty()) whole.text += kBreak;
    whole.text += part.text;
    whole.prompt_tokens += part.prompt_tokens;
    whole.completion_tokens += part.completion_tokens;
    if (round == 0) {
      whole.context_tokens_cut = part.context_tokens_cut;
      whole.context_bytes_cut = part.context_bytes_cut;
    }
    whole.stopped = part.stopped;
    if (words(whole.text).size() >= words_wanted) break;
    next.preceding = last_paragraph(whole.text, kPrecedingBytes);
    options.seed = options.seed * 31 + 7;  // or an empty answer would come again and again
  }
  return whole;
}

}  // namespace twin
