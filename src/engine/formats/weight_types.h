#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/model/config.h"
#include "engine/tensor/dtype.h"

namespace twin {

// In which types a model's matrices are written. Source: llama.cpp's llama-quant.cpp, whose mixes
// of types these are (without an importance matrix); docs/formats/gguf.md.
enum class WeightTypes {
  kKeep,
  kF32,
  kF16,
  kBF16,
  kQ8_0,
  kQ4_0,
  kQ4_1,
  kQ5_0,
  kQ5_1,
  kQ4_K_M,
  kQ5_K_M,
  kQ6_K
};

// "keep", "f32", "q4_k_m", ...: what --type takes.
const std::vector<std::string>& weight_type_names();
// Errors: kUsage listing the names.
WeightTypes parse_weight_types(std::string_view name);

// The type one matrix is written in. `name` is Hugging Face's, `cols` the length of its rows. Rows
// that are no whole number of blocks get a type of smaller blocks, in the end F16.
DType matrix_type(WeightTypes types, const DecoderConfig& config, const std::string& name,
                  size_t cols, DType stored);

// GGUF's general.file_type. Requires types other than kKeep.
uint32_t gguf_file_type(WeightTypes types);

}  // namespace twin
