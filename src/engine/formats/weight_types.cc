#include "engine/formats/weight_types.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/error.h"

namespace twin {
namespace {

struct TypesInfo {
  const char* name;
  DType dtype;         // of most matrices
  uint32_t file_type;  // GGUF's number
};
// In the order of WeightTypes.
constexpr std::array<TypesInfo, 12> kInfos = {{{"keep", DType::kF32, 0},
                                               {"f32", DType::kF32, 0},
                                               {"f16", DType::kF16, 1},
                                               {"bf16", DType::kBF16, 32},
                                               {"q8_0", DType::kQ8_0, 7},
                                               {"q4_0", DType::kQ4_0, 2},
                                               {"q4_1", DType::kQ4_1, 3},
                                               {"q5_0", DType::kQ5_0, 8},
                                               {"q5_1", DType::kQ5_1, 9},
                                               {"q4_k_m", DType::kQ4_K, 15},
                                               {"q5_k_m", DType::kQ5_K, 17},
                                               {"q6_k", DType::kQ6_K, 18}}};

const TypesInfo& info_of(WeightTypes types) { return kInfos[static_cast<size_t>(types)]; }

// The first and the last eighth of the layers and every third between get more bits.
bool more_bits(size_t layer, size_t layers) {
  const size_t eighth = layers / 8;
  return layer < eighth || layer >= 7 * layers / 8 || (layer - eighth) % 3 == 2;
}

// "model.layers.12.mlp..." is of layer 12.
size_t layer_of(const std::string& name) {
  constexpr std::string_view kLayers = "model.layers.";
  size_t layer = 0;
  if (name.starts_with(kLayers)) {
    std::from_chars(name.data() + kLayers.size(), name.data() + name.size(), layer);
  }
  return layer;
}

// Where rows of `cols` do not divide into blocks of the type.
DType fitting(DType dtype, size_t cols) {
  const auto fits = [&](DType type) { return cols % dtype_info(type).block == 0; };
  if (fits(dtype)) return dtype;
  const DType smaller = dtype == DType::kQ4_K   ? DType::kQ5_0
                        : dtype == DType::kQ5_K ? DType::kQ5_1
                        : dtype == DType::kQ6_K ? DType::kQ8_0
                                                : DType::kF16;
  return fits(smaller) ? smaller : DType::kF16;
}

}  // namespace

const std::vector<std::string>& weight_type_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    list.reserve(kInfos.size());
    for (const TypesInfo& info : kInfos) list.emplace_back(info.name);
    return list;
  }();
  return names;
}

WeightTypes parse_weight_types(std::string_view name) {
  const auto& names = weight_type_names();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    throw Error(ErrorCode::kUsage, fmt::format("'{}' is no type of weights; expected one of {}",
                                               name, fmt::join(names, ", ")));
  }
  return static_cast<WeightTypes>(found - names.begin());
}

DType matrix_type(WeightTypes types, const DecoderConfig& config, const std::string& name,
                  size_t cols, DType stored) {
  if (types == WeightTypes::kKeep) return stored;
  const DType most = info_of(types).dtype;
  if (!is_quantized(most)) return most;
  const bool output = name == "lm_head.weight" ||
                      (config.tie_word_embeddings && name == "model.embed_tokens.weight");
  DType dtype = most;
  if (output) {
    const bool whole = cols % dtype_info(most).block == 0;
    dtype = !whole || most == DType::kQ8_0 ? DType::kQ8_0 : DType::kQ6_K;
  } else if (types == WeightTypes::kQ4_K_M || types == WeightTypes::kQ5_K_M) {
    const bool matters = name.ends_with("v_proj.weight") || name.ends_with("down_proj.weight");
    if (matters && more_bits(layer_of(name), config.num_hidden_layers)) dtype = DType::kQ6_K;
  }
  return fitting(dtype, cols);
}

uint32_t gguf_file_type(WeightTypes types) {
  TWIN_CHECK(types != WeightTypes::kKeep);
  return info_of(types).file_type;
}

}  // namespace twin
