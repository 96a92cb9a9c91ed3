#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"

namespace twin {

struct BpeTrainerOptions {
  size_t vocab_size = 4096;  // specials and the 256 bytes included
  size_t min_frequency = 2;
  std::vector<std::string> special_tokens;  // take the first ids
};

// Trains byte-level BPE (GPT-2's pre-tokenizer) on texts and returns it as a Hugging Face
// tokenizer.json. The same texts in the same order give the same bytes; ties between pairs go to
// the lower ids. Errors: kUsage where the vocabulary is too small for the bytes and special tokens,
// or a special token is there twice or could be a piece of plain text. Source: Sennrich et al.
// 2016, arXiv:1508.07909; Radford et al. 2019.
std::string train_byte_level_bpe(Context& context, const std::vector<std::string_view>& texts,
                                 const BpeTrainerOptions& options);

}  // namespace twin
