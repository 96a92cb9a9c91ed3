#pragma once

#include <string>

#include "engine/formats/gguf.h"
#include "engine/model/config.h"

namespace twin {

// A model's settings from a GGUF file's metadata and the shapes of its tensors. Errors: kBadInput
// for an architecture or setting that is not supported, or keys that contradict one another.
DecoderConfig read_gguf_config(const GgufMetadata& metadata,
                               const std::map<std::string, TensorView>& tensors);

// general.architecture and all "<architecture>.*" keys; a Llama 3 scaling is also the tensor
// rope_freqs.weight (rope_frequency_factors).
void write_gguf_config(const DecoderConfig& config, GgufMetadata& metadata);

// (D/2) what each frequency is divided by: rope_freqs.weight. Empty unless the scaling is Llama
// 3's.
std::vector<float> rope_frequency_factors(const DecoderConfig& config);

// GGUF's name of a tensor that Hugging Face names so ("blk.0.attn_q.weight"); the names of norms
// differ where there are norms behind attention and MLP too.
std::string gguf_tensor_name(const std::string& name, bool sandwich_norms);

}  // namespace twin
