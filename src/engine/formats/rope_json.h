#pragma once

#include "engine/formats/config_reader.h"
#include "engine/model/config.h"

namespace twin {

// The rotation of a config.json in any of its three spellings: rope_theta with rope_scaling (and
// rope_local_base_freq); rope_parameters; rope_parameters for each kind of layer. What is absent
// stays as it is in `config`. Errors: kBadInput naming a scaling that is not supported.
// Source: transformers' modeling_rope_utils.py.
void read_rope_json(const ConfigReader& json, DecoderConfig& config);

// The older spelling, which every version reads; nothing for a rotation that is not scaled.
void write_rope_scaling_json(const DecoderConfig& config, OrderedJson& json);

}  // namespace twin
