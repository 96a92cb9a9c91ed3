#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <vector>

#include "engine/model/kv_cache.h"
#include "engine/model/lora.h"

namespace twin {

// Where a prompt's computation may be cut: after 128, 256, 512, then every 512 tokens, and at its
// end. A function of the position alone, so that a prompt is computed in the same pieces, and gives
// the same bits, whether a part of it was there already or not.
size_t next_cut(size_t position, size_t prompt_size);
// The last cut of prompt `a` up to which `b` has the same tokens: all of `a` where they are equal.
size_t shared_cut(std::span<const int32_t> a, std::span<const int32_t> b);

// Keys and values of prompts computed before, the least recently used given up first. One thread at
// a time.
class PrefixCache {
 public:
  PrefixCache(const DecoderConfig& config, size_t max_bytes)
      : config_(config), max_bytes_(max_bytes) {}

  struct Entry {
    std::vector<int32_t> tokens;
    std::shared_ptr<const LoraAdapter> adapter;
    KvCache cache;
    std::vector<float> last_hidden;  // (C) of the last token
  };

  // How many tokens of `prompt` (up to a cut) are here; `entry` is where. 0: none.
  size_t find(std::span<const int32_t> prompt, const LoraAdapter* adapter, const Entry** entry);
  // Keeps a copy of a whole prompt. Does nothing where it is kept already or larger than the room.
  void keep(std::span<const int32_t> prompt, const std::shared_ptr<const LoraAdapter>& adapter,
            const KvCache& cache, std::span<const float> last_hidden);

  size_t bytes() const { return bytes_; }

 private:
  size_t bytes_of(size_t tokens) const;

  const DecoderConfig& config_;
  size_t max_bytes_;
  size_t bytes_ = 0;
  std::list<Entry> entries_;  // the most recently used first
};

}  // namespace twin
