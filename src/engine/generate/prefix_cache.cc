#include "engine/generate/prefix_cache.h"

#include <algorithm>

namespace twin {

size_t next_cut(size_t position, size_t prompt_size) {
  constexpr size_t kFirst = 128, kMost = 512;
  size_t cut = kFirst;
  while (cut <= position) cut += std::min(cut, kMost);
  return std::min(cut, prompt_size);
}

size_t shared_cut(std::span<const int32_t> a, std::span<const int32_t> b) {
  const auto same =
      static_cast<size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
  if (same == a.size() && same == b.size()) return same;
  size_t cut = 0;
  // The end of `a` is no cut of a longer prompt.
  while (true) {
    const size_t next = next_cut(cut, SIZE_MAX);
    if (next > same || next >= a.size()) return cut;
    cut = next;
  }
}

size_t PrefixCache::bytes_of(size_t tokens) const {
  return KvCache::bytes(config_, tokens) + tokens * sizeof(int32_t) +
         config_.hidden_size * sizeof(float) + sizeof(Entry);
}

size_t PrefixCache::find(std::span<const int32_t> prompt, const LoraAdapter* adapter,
                         const Entry** entry) {
  size_t most = 0;
  auto best = entries_.end();
  for (auto it = entries_.begin(); it != entries_.end(); ++it) {
    if (it->adapter.get() != adapter) continue;
    const size_t shared = shared_cut(prompt, it->tokens);
    if (shared > most) {
      most = shared;
      best = it;
    }
  }
  if (most == 0) return 0;
  entries_.splice(entries_.begin(), entries_, best);
  *entry = &entries_.front();
  return most;
}

void PrefixCache::keep(std::span<const int32_t> prompt,
                       const std::shared_ptr<const LoraAdapter>& adapter, const KvCache& cache,
                       std::span<const float> last_hidden) {
  const size_t bytes = bytes_of(prompt.size());
  if (bytes > max_bytes_) return;
  const Entry* known = nullptr;
  if (find(prompt, adapter.get(), &known) == prompt.size()) return;
  while (bytes_ + bytes > max_bytes_) {
    bytes_ -= bytes_of(entries_.back().tokens.size());
    entries_.pop_back();
  }
  entries_.push_front({{prompt.begin(), prompt.end()},
                       adapter,
                       KvCache(config_, prompt.size()),
                       {last_hidden.begin(), last_hidden.end()}});
  entries_.front().cache.copy_prefix(cache, prompt.size());
  bytes_ += bytes;
}

}  // namespace twin
