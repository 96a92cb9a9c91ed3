#pragma once

#include <filesystem>
#include <optional>

#include "base/json.h"

namespace twin {

// What an encoder or an embedder's folder says of itself, in the order to be shown: kind
// ("embedder" or "reranker"), shape, pooling, prefixes, max_tokens. nullopt for other models.
// Errors: those of open_encoder(), open_decoder_body() and read_sentence_settings().
std::optional<OrderedJson> describe_encoder(const std::filesystem::path& path);

}  // namespace twin
