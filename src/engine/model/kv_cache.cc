#include "engine/model/kv_cache.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/progress.h"

namespace twin {

size_t KvCache::bytes(const DecoderConfig& config, size_t capacity) {
  return 2 * sizeof(float) * config.num_hidden_layers * capacity * config.num_key_value_heads *
         config.head_dim;
}

KvCache::KvCache(const DecoderConfig& config, size_t capacity)
    : capacity_(capacity),
      layers_(config.num_hidden_layers),
      row_(config.num_key_value_heads * config.head_dim) {
  const size_t size = std::max(bytes(config, capacity), sizeof(float));
  // calloc's pages are the system's zeros until they are written to.
  block_.reset(static_cast<float*>(std::calloc(size, 1)));
  if (block_ == nullptr) {
    throw Error(ErrorCode::kDoesNotFit,
                fmt::format("cannot reserve {} for the keys and values of {} tokens; take a "
                            "shorter context",
                            format_bytes(static_cast<double>(size)), capacity));
  }
}

void KvCache::truncate(size_t length) {
  TWIN_CHECK(length <= length_);
  length_ = length;
}

void KvCache::copy_prefix(const KvCache& other, size_t length) {
  TWIN_CHECK(length <= other.length_ && length <= capacity_);
  TWIN_CHECK(layers_ == other.layers_ && row_ == other.row_);
  for (size_t half = 0; half < 2 * layers_; ++half) {
    std::copy_n(other.block_.get() + half * other.capacity_ * row_, length * row_,
                block_.get() + half * capacity_ * row_);
  }
  length_ = length;
}

}  // namespace twin
