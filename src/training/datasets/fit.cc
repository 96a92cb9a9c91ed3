#include "training/datasets/fit.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/hashing.h"
#include "models/language_model.h"
#include "text/paragraphs.h"
#include "text/sentences.h"

namespace twin {
namespace {

// What a piece's prompt carries of the piece before.
constexpr size_t kPrecedingBytes = 400;

size_t token_count(const Tokenizer& tokenizer, std::string_view text) {
  return tokenizer.encode(text).size();
}

// Parts of `range` of at most `room` tokens: halves, cut behind a space where there is one.
void halve_until_fits(const Tokenizer& tokenizer, std::string_view text, ByteRange range,
                      size_t room, std::vector<ByteRange>& parts) {
  if (token_count(tokenizer, slice(text, range)) <= room || range.size() < 2) {
    parts.push_back(range);
    return;
  }
  const size_t middle = range.begin + range.size() / 2;
  size_t cut = text.find(' ', middle);
  cut = cut == std::string_view::npos || cut + 1 >= range.end ? middle : cut + 1;
  // Never inside a UTF-8 character.
  while (cut > range.begin && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
  if (cut == range.begin) {
    parts.push_back(range);
    return;
  }
  halve_until_fits(tokenizer, text, {range.begin, cut}, room, parts);
  halve_until_fits(tokenizer, text, {cut, range.end}, room, parts);
}

// As few pieces of at most `room` tokens as whole sentences allow.
std::vector<ByteRange> pieces_of(const Tokenizer& tokenizer, std::string_view text, size_t room) {
  std::vector<ByteRange> parts;
  for (const ByteRange sentence : sentences(text)) {
    halve_until_fits(tokenizer, text, sentence, room, parts);
  }
  std::vector<ByteRange> pieces;
  for (const ByteRange part : parts) {
    if (!pieces.empty() &&
        token_count(tokenizer, slice(text, {pieces.back().begin, part.end})) <= room) {
      pieces.back().end = part.end;
    } else {
      pieces.push_back(part);
    }
  }
  return pieces;
}

// The sample for bytes `piece` of its target.
Sample narrowed(const Sample& sample, ByteRange piece) {
  Sample part = sample;
  part.range = {sample.range.begin + piece.begin, sample.range.begin + piece.end};
  part.target = slice(sample.target, piece);
  part.target_sha256 = sha256(part.target);
  if (piece.begin > 0) {
    part.prompt.preceding =
        last_paragraph(std::string_view(sample.target).substr(0, piece.begin), kPrecedingBytes);
  }
  return part;
}

class Fitter {
 public:
  Fitter(const Tokenizer& tokenizer, const FitOptions& options)
      : tokenizer_(tokenizer), options_(options), end_(stop_tokens(tokenizer)) {}

  void add(const Sample& sample) {
    const size_t half = options_.context / 2;
    const RenderedPrompt prompt = render_prompt(tokenizer_, sample.prompt, half);
    if (prompt.ids.size() > half) {
      ++fitted_.prompts_too_long;
      return;
    }
    const std::vector<TokenId> target = tokenizer_.encode(sample.target);
    if (prompt.ids.size() + target.size() + 1 <= options_.context) {
      append(sample, prompt, target);
      return;
    }
    ++fitted_.targets_split;
    // A later piece's prompt may be longer than the first's, so every piece leaves it half.
    for (const ByteRange piece :
         pieces_of(tokenizer_, sample.target, options_.context - half - 1)) {
      const Sample part = narrowed(sample, piece);
      append(part, render_prompt(tokenizer_, part.prompt, half), tokenizer_.encode(part.target));
    }
  }

  FittedSamples take() { return std::move(fitted_); }

 private:
  void append(const Sample& sample, const RenderedPrompt& prompt,
              const std::vector<TokenId>& target) {
    TrainingSequence sequence;
    sequence.tokens = prompt.ids;
    sequence.tokens.insert(sequence.tokens.end(), target.begin(), target.end());
    if (!end_.empty()) sequence.tokens.push_back(end_.front());
    TWIN_CHECK(sequence.tokens.size() <= options_.context);
    sequence.loss_mask.assign(sequence.tokens.size(), 1);
    if (!options_.loss_on_prompt) {
      std::fill_n(sequence.loss_mask.begin(), prompt.ids.size(), uint8_t{0});
    }
    fitted_.prompts_cut += prompt.context_tokens_cut > 0 ? 1 : 0;
    fitted_.tokens += sequence.tokens.size();
    fitted_.sequences.push_back(std::move(sequence));
    fitted_.samples.push_back(sample);
  }

  const Tokenizer& tokenizer_;
  FitOptions options_;
  std::vector<TokenId> end_;
  FittedSamples fitted_;
};

}  // namespace

FittedSamples fit_samples(const Tokenizer& tokenizer, const std::vector<Sample>& samples,
                          const FitOptions& options) {
  TWIN_CHECK(options.context >= 16);
  Fitter fitter(tokenizer, options);
  for (const Sample& sample : samples) fitter.add(sample);
  return fitter.take();
}

}  // namespace twin
