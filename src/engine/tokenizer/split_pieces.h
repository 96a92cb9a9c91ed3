#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "engine/tokenizer/piece_sink.h"

namespace twin {

// What becomes of the matches that text is split at. Names: Hugging Face tokenizers.
enum class SplitBehavior { kRemoved, kIsolated, kMergedWithPrevious, kMergedWithNext, kContiguous };

// A stretch of text that matches, or one between matches.
struct Stretch {
  size_t begin = 0;
  size_t end = 0;
  bool is_match = false;
};

// Requires stretches that cover `text` in order.
void split_pieces(std::string_view text, const std::vector<Stretch>& stretches,
                  SplitBehavior behavior, PieceSink sink);

}  // namespace twin
