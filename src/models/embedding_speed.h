#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/context.h"
#include "engine/generate/speed.h"
#include "models/embedder.h"

namespace twin {

// How fast an embedder reads texts, tokenizing included.
struct EmbeddingSpeed {
  size_t tokens = 0;  // of all texts
  Rate tokens_per_s, texts_per_s;
  size_t query_tokens = 0;
  double query_ms = 0, query_ms_highest = 0;  // one query, median and highest of many
  double operations_per_token = 0;  // in matrix products, two per multiply-add; attention counts
};

// Embeds all texts `repeat` times after a run that does not count, then `query` alone. `path`: the
// model's folder, for its shape.
EmbeddingSpeed measure_embedding(Context& context, Embedder& embedder, const std::string& path,
                                 std::span<const std::string> texts, const std::string& query,
                                 size_t repeat);

// `count` English texts of about `tokens` tokens each.
std::vector<std::string> english_texts(const Embedder& embedder, size_t count, size_t tokens);

}  // namespace twin
