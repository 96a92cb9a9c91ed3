#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace twin {

// What a tensor's values are stored as. The quantised types are GGUF's: rows of blocks, each with a
// scale of its own (docs/formats/gguf.md).
enum class DType : uint8_t {
  kF32,
  kF16,
  kBF16,
  kQ8_0,
  kQ4_0,
  kQ4_1,
  kQ5_0,
  kQ5_1,
  kQ4_K,
  kQ5_K,
  kQ6_K,
  kI64,
  kI32,
  kU8
};

struct DTypeInfo {
  std::string_view name;  // as safetensors and GGUF spell it: "BF16", "Q4_K"
  size_t block;           // values that share a block; 1: not quantised
  size_t bytes;           // of a block
};
const DTypeInfo& dtype_info(DType dtype);

inline bool is_quantized(DType dtype) { return dtype_info(dtype).block > 1; }

// Bytes of `count` values. Requires a whole number of blocks.
size_t dtype_bytes(DType dtype, size_t count);

}  // namespace twin
