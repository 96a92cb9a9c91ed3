#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "engine/tokenizer/hash_bytes.h"
#include "engine/tokenizer/tokenizer.h"

namespace twin {

// The ids of pieces met before: most words of a text are few. A table of one cache line a piece,
// where a newer piece takes the place of an older; pieces of more than 34 bytes or 7 ids are not
// kept. 2 MB.
class PieceCache {
 public:
  // Appends the ids of `piece` and says true where it is known.
  bool find(std::string_view piece, std::vector<TokenId>& ids) const {
    if (piece.size() > kMaxBytes) return false;
    const Slot& slot = slots_[slot_of(piece)];
    if (slot.size != piece.size() || std::memcmp(slot.bytes, piece.data(), piece.size()) != 0) {
      return false;
    }
    ids.insert(ids.end(), slot.ids, slot.ids + slot.count);
    return true;
  }

  void put(std::string_view piece, const TokenId* ids, size_t count) {
    if (piece.size() > kMaxBytes || count > kMaxIds) return;
    Slot& slot = slots_[slot_of(piece)];
    slot.size = static_cast<uint8_t>(piece.size());
    slot.count = static_cast<uint8_t>(count);
    std::memcpy(slot.bytes, piece.data(), piece.size());
    std::copy(ids, ids + count, slot.ids);
  }

 private:
  static constexpr size_t kSlots = 1 << 15, kMaxBytes = 34, kMaxIds = 7;
  struct alignas(64) Slot {
    uint8_t size = 0;  // 0: empty
    uint8_t count = 0;
    char bytes[kMaxBytes];
    TokenId ids[kMaxIds];
  };
  static_assert(sizeof(Slot) == 64);
  static size_t slot_of(std::string_view piece) { return hash_bytes(piece) >> 20 & (kSlots - 1); }
  std::vector<Slot> slots_ = std::vector<Slot>(kSlots);
};

// Caches for as many threads as encode at once: each borrows one for a call.
class PieceCachePool {
 public:
  std::unique_ptr<PieceCache> take() {
    {
      const std::lock_guard lock(mutex_);
      if (!free_.empty()) {
        auto cache = std::move(free_.back());
        free_.pop_back();
        return cache;
      }
    }
    return std::make_unique<PieceCache>();
  }
  void give_back(std::unique_ptr<PieceCache> cache) {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(cache));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<PieceCache>> free_;
};

}  // namespace twin
