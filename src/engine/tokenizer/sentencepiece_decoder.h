#pragma once

#include <memory>
#include <string>

#include "engine/tokenizer/sentencepiece_normalizer.h"
#include "engine/tokenizer/token_decoder.h"

namespace twin {

// SentencePiece's way back: U+2581 is a space, bytes are bytes, and the space that was put in front
// goes. `unknown_surface` never loses its space. Source: github.com/google/sentencepiece,
// src/sentencepiece_processor.cc, Decode.
std::unique_ptr<TokenDecoder> make_sentencepiece_decoder(SentencePieceSpaces spaces,
                                                         std::string unknown_surface);

}  // namespace twin
