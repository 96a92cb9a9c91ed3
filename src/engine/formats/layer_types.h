#pragma once

#include "engine/formats/config_reader.h"
#include "engine/formats/gguf_metadata.h"
#include "engine/model/config.h"

namespace twin {

// config.json's layer_types into `config.local_layers`, where it has any. Errors: kBadInput for a
// layer that has neither full nor sliding attention.
bool read_layer_types(const ConfigReader& json, DecoderConfig& config);

// The same the other way, one string a layer.
OrderedJson layer_types_json(const DecoderConfig& config);

// Where no layer is local the window is none, where all are the list is empty: the one way each
// model is described.
void simplify_window(DecoderConfig& config);

// GGUF's attention.sliding_window and attention.sliding_window_pattern, below "<architecture>.": a
// period p, whose every p-th layer is global, or a flag for each layer. Where the pattern is absent
// it is `period`; 0: all layers are local.
void read_window_gguf(const GgufMetadata& metadata, const std::string& architecture, size_t period,
                      DecoderConfig& config);
// The pattern is left out where it is `period`.
void write_window_gguf(const DecoderConfig& config, const std::string& architecture, size_t period,
                       GgufMetadata& metadata);

}  // namespace twin
