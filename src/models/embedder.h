#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "engine/formats/sentence_folder.h"
#include "engine/kernels/kernels.h"
#include "engine/model/encoder.h"

namespace twin {

// What a text is to a search: models put another prefix before each.
enum class EmbedAs { kDocument, kQuery };

// Texts as vectors whose dot product says how near they are in meaning. Thread-safe.
class Embedder {
 public:
  virtual ~Embedder() = default;

  virtual size_t dimensions() const = 0;
  // Of one text, its prefix and special tokens included. 0: not known (a remote model's).
  virtual size_t max_tokens() const = 0;
  // What a text comes to, prefix and special tokens included. 0 where max_tokens() is.
  virtual size_t count_tokens(std::string_view text, EmbedAs as) const = 0;
  // Hash of weights, tokenizer, pooling, prefixes and compute type: vectors are the same for the
  // same text exactly where this is; a cache's key.
  virtual std::string identity() const = 0;

  // [texts x dimensions], row after row, each of unit length. A text's row does not depend on the
  // others. Errors: kBadInput naming the text that is too long (nothing is cut in silence) or
  // empty; kInterrupted; kRemote.
  virtual std::vector<float> embed(Context& context, std::span<const std::string> texts,
                                   EmbedAs as) = 0;
};

struct EmbedderOptions {
  // A decoder (Qwen3-Embedding) runs on its weights as they are stored: f32 alone.
  EncoderCompute compute = EncoderCompute::kF32;
  // Instead of what the folder's prompts say, as for models whose prefixes stand in their README
  // alone (docs/engine/embedders.md).
  std::optional<std::string> query_prefix, document_prefix;
  std::optional<Pooling> pooling;
  // Null: the fastest that TWIN_FORCE_ISA allows.
  const kernels::Kernels* kernels = nullptr;
};

// A BERT encoder or a Qwen3-Embedding decoder: a folder as sentence-transformers or transformers
// write it, or OWNER/NAME of one that was pulled from the hub. `context` outlives it. Errors:
// kUsage where there is none; kBadInput naming the file and what is not supported; kDoesNotFit.
std::unique_ptr<Embedder> load_embedder(Context& context, const std::string& path_or_name,
                                        const EmbedderOptions& options = {});

// The folder that load_embedder() and load_reranker() read: the path as given, or the hub's cache
// of OWNER/NAME. Errors: kUsage where there is neither.
std::string encoder_path(const std::string& path_or_name);

}  // namespace twin
