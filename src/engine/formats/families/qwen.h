#pragma once

#include "engine/formats/config_reader.h"
#include "engine/model/config.h"

namespace twin {

// What Qwen2 and Qwen3 have in common: a window, where one is used, on the layers from
// max_window_layers on or on those that layer_types names.
void read_qwen_window(const ConfigReader& json, DecoderConfig& config);
void write_qwen_window(const DecoderConfig& config, OrderedJson& json);

}  // namespace twin
