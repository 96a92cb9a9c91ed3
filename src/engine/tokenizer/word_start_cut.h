#pragma once

#include <memory>
#include <string_view>

#include "engine/tokenizer/byte_trie.h"
#include "engine/tokenizer/pre_tokenizer.h"
#include "engine/tokenizer/vocabulary.h"

namespace twin {

// SentencePiece-style models see a whole text as one piece. Where no token that merging can make
// has U+2581 after another character, none crosses the start of a word either, and words can be
// taken one by one (and be remembered): the ids are the same.
bool words_are_independent(const Vocabulary& vocabulary, const std::vector<bool>& mergeable);

// Cuts before each U+2581 that follows another character.
std::unique_ptr<PreTokenizer> make_word_start_cut();

// Cuts out user-defined tokens, the longest at each place.
std::unique_ptr<PreTokenizer> make_user_defined_cut(ByteTrie tokens);

}  // namespace twin
