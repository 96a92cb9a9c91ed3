#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "engine/kernels/kernels.h"
#include "engine/model/encoder.h"

namespace twin {

// How well each passage answers a query, judged by reading both together. Thread-safe.
class Reranker {
 public:
  virtual ~Reranker() = default;

  // Of query and passage together, special tokens included. 0: not known (a remote model's).
  virtual size_t max_tokens() const = 0;
  // What both come to together, special tokens included. 0 where max_tokens() is.
  virtual size_t count_tokens(std::string_view query, std::string_view passage) const = 0;
  // Hash of all that a score depends on but the texts: a cache's key.
  virtual std::string identity() const = 0;

  // One score per passage, higher is better: the model's logit, which is not bounded, or what a
  // remote service answers. A score does not depend on the other passages. Errors: kBadInput naming
  // the passage that is too long beside the query; kInterrupted; kRemote.
  virtual std::vector<float> scores(Context& context, std::string_view query,
                                    std::span<const std::string> passages) = 0;
};

struct RerankerOptions {
  EncoderCompute compute = EncoderCompute::kF32;
  const kernels::Kernels* kernels = nullptr;  // null: the fastest that TWIN_FORCE_ISA allows
};

// A BERT cross-encoder with one logit (ms-marco-MiniLM): a folder as transformers writes it, or
// OWNER/NAME of one that was pulled from the hub. `context` outlives it. Errors: as
// load_embedder().
std::unique_ptr<Reranker> load_reranker(Context& context, const std::string& path_or_name,
                                        const RerankerOptions& options = {});

}  // namespace twin
