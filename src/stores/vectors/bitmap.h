#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace twin::vectors {

// A set of slots. Bits beyond size() are 0.
class Bitmap {
 public:
  explicit Bitmap(size_t size = 0, bool value = false) { resize(size, value); }

  size_t size() const { return size_; }
  bool test(size_t i) const { return (words_[i / 64] >> (i % 64) & 1) != 0; }
  void set(size_t i) { words_[i / 64] |= uint64_t{1} << (i % 64); }
  void clear(size_t i) { words_[i / 64] &= ~(uint64_t{1} << (i % 64)); }

  // New bits have the value.
  void resize(size_t size, bool value) {
    const size_t old = size_;
    words_.resize((size + 63) / 64, value ? ~uint64_t{0} : 0);
    size_ = size;
    if (value) {
      for (size_t i = old; i < size && i % 64 != 0; ++i) set(i);
    }
    trim();
  }

  size_t count() const {
    size_t bits = 0;
    for (const uint64_t word : words_) bits += static_cast<size_t>(std::popcount(word));
    return bits;
  }

  Bitmap& operator&=(const Bitmap& other) {
    for (size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
    return *this;
  }
  Bitmap& operator|=(const Bitmap& other) {
    for (size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
    return *this;
  }
  // Without those of `other`.
  Bitmap& operator-=(const Bitmap& other) {
    for (size_t i = 0; i < words_.size(); ++i) words_[i] &= ~other.words_[i];
    return *this;
  }

  // The slots in order.
  std::vector<uint32_t> slots() const {
    std::vector<uint32_t> list;
    list.reserve(count());
    for (size_t w = 0; w < words_.size(); ++w) {
      for (uint64_t word = words_[w]; word != 0; word &= word - 1) {
        list.push_back(static_cast<uint32_t>(64 * w + static_cast<size_t>(std::countr_zero(word))));
      }
    }
    return list;
  }

 private:
  void trim() {
    if (size_ % 64 != 0) words_.back() &= (uint64_t{1} << (size_ % 64)) - 1;
  }

  std::vector<uint64_t> words_;
  size_t size_ = 0;
};

}  // namespace twin::vectors
