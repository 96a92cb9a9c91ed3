#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/context.h"
#include "engine/model/decoder.h"

namespace twin {

struct PerplexityOptions {
  size_t window = 512;                   // tokens that see one another
  std::optional<int32_t> bos;            // stands for each window's first token
  const LoraAdapter* adapter = nullptr;  // null: the base model alone
};

struct Perplexity {
  double perplexity = 0;      // exp of the mean negative log-likelihood
  double standard_error = 0;  // of the perplexity, tokens taken as independent
  size_t tokens = 0;          // that were predicted and counted
  size_t windows = 0;
  size_t tokens_left_out = 0;  // behind the last whole window
};

// How surprised the model is by a text: windows of `window` tokens that do not overlap, each read
// by itself; counted are the predictions of each window's second half, so that all have at least
// half a window before them. This is what llama.cpp's perplexity tool does, for figures that
// compare. Errors: kUsage where the text has less than one window, or the window is longer than the
// model takes.
Perplexity measure_perplexity(Context& context, Decoder& decoder, std::span<const int32_t> tokens,
                              const PerplexityOptions& options);

}  // namespace twin
