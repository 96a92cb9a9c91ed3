#pragma once

#include <functional>
#include <span>
#include <vector>

#include "base/context.h"
#include "engine/model/encoder.h"

namespace twin {

// A text as an encoder takes it.
struct EncoderText {
  std::vector<int32_t> tokens;
  std::vector<int32_t> types;  // empty: all 0
};

// Runs all texts through the encoder in batches of like lengths, several at a time on the context's
// threads; one batch alone runs on all threads. Calls use(batch, hidden, texts) for each batch, on
// any thread, with the texts' places in `texts`. Errors: the encoder's; kInterrupted.
using UseHidden = std::function<void(const EncoderBatch& batch, std::span<const float> hidden,
                                     std::span<const size_t> texts)>;
void run_encoder(Context& context, const Encoder& encoder, std::span<const EncoderText> texts,
                 const UseHidden& use);

}  // namespace twin
