#pragma once

#include <string>

#include "engine/learn/packing.h"
#include "engine/tokenizer/tokenizer.h"

namespace twin {

// A sequence for people: its tokens as text, what is learnt set apart. In colour, every other token
// is underlined and what is not learnt is grey. Else tokens are parted by "|" and what is learnt
// stands between "[[" and "]]". A line break is shown as "\n" and made; bytes that are no text as
// "\xE2".
std::string show_tokens(const Tokenizer& tokenizer, const TrainingSequence& sequence, bool color);

}  // namespace twin
