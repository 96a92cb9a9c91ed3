#include "models/memory.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/progress.h"

namespace twin {
namespace {

constexpr size_t kBatchTokens = 512;                 // of a prompt computed at once
constexpr size_t kProgramBytes = size_t{100} << 20;  // the program, its tokenizer, packing buffers

std::string shown(size_t bytes) { return format_bytes(static_cast<double>(bytes)); }

}  // namespace

MemoryNeed memory_need(const DecoderTensors& tensors, size_t positions, size_t sequences) {
  const DecoderConfig& c = tensors.config;
  MemoryNeed need;
  need.weights_bytes = tensors.bytes();
  const size_t keys = c.num_hidden_layers * c.num_key_value_heads * c.head_dim;
  need.cache_bytes = 2 * keys * positions * sequences * sizeof(float);
  const size_t per_token = 4 * c.hidden_size + 3 * c.intermediate_size +
                           2 * (c.num_attention_heads + c.num_key_value_heads) * c.head_dim;
  need.scratch_bytes =
      (kBatchTokens * per_token + sequences * c.vocab_size) * sizeof(float) + kProgramBytes;
  return need;
}

void check_fits(const MemoryNeed& need, size_t available_bytes, const std::string& what) {
  if (available_bytes == 0 || need.total() <= available_bytes) return;
  throw Error(
      ErrorCode::kDoesNotFit,
      fmt::format("{} needs {} of memory (weights {}, keys and values {}, work {}); {} are "
                  "free: take a smaller model, smaller types (`twin models quantize`) or a "
                  "shorter context",
                  what, shown(need.total()), shown(need.weights_bytes), shown(need.cache_bytes),
                  shown(need.scratch_bytes), shown(available_bytes)));
}

}  // namespace twin
