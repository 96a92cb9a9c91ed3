#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace twin {

inline uint64_t mix64(uint64_t x) {
  x *= 0x9e3779b97f4a7c15;
  return x ^ x >> 32;
}

// For tables in memory: eight bytes at a time, one multiplication each.
inline uint64_t hash_bytes(std::string_view bytes) {
  uint64_t hash = bytes.size();
  const char* p = bytes.data();
  size_t left = bytes.size();
  for (; left >= 8; p += 8, left -= 8) {
    uint64_t eight = 0;
    std::memcpy(&eight, p, 8);
    hash = mix64(hash ^ eight);
  }
  uint64_t rest = 0;
  if (left > 0) std::memcpy(&rest, p, left);
  return mix64(mix64(hash ^ rest) + left);
}

}  // namespace twin
