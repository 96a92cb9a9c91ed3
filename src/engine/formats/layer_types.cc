#include "engine/formats/layer_types.h"

#include <fmt/format.h>

#include <algorithm>

namespace twin {

bool read_layer_types(const ConfigReader& json, DecoderConfig& config) {
  if (!json.has("layer_types")) return false;
  const Json& types = json["layer_types"];
  if (!types.is_array() || types.size() != config.num_hidden_layers) {
    json.refuse("'layer_types' is not a list of as many as num_hidden_layers");
  }
  config.local_layers.clear();
  for (const Json& type : types) {
    if (type != "sliding_attention" && type != "full_attention") {
      json.refuse(fmt::format("layer_types {} is not supported", dump_json(type)));
    }
    config.local_layers.push_back(type == "sliding_attention");
  }
  return true;
}

OrderedJson layer_types_json(const DecoderConfig& config) {
  OrderedJson types = OrderedJson::array();
  for (size_t l = 0; l < config.num_hidden_layers; ++l) {
    types.push_back(config.is_local(l) ? "sliding_attention" : "full_attention");
  }
  return types;
}

void simplify_window(DecoderConfig& config) {
  const auto& local = config.local_layers;
  if (local.empty()) return;
  if (std::none_of(local.begin(), local.end(), [](bool l) { return l; })) config.sliding_window = 0;
  const bool all = std::all_of(local.begin(), local.end(), [](bool l) { return l; });
  if (all || config.sliding_window == 0) config.local_layers.clear();
}

namespace {

bool is_local(size_t layer, size_t period) { return period == 0 || (layer + 1) % period != 0; }

}  // namespace

void read_window_gguf(const GgufMetadata& metadata, const std::string& architecture, size_t period,
                      DecoderConfig& config) {
  config.sliding_window = metadata.size_or(architecture + ".attention.sliding_window", 0);
  if (config.sliding_window == 0) return;
  const std::string key = architecture + ".attention.sliding_window_pattern";
  config.local_layers.clear();
  if (metadata.is_array(key)) {
    for (double local : metadata.numbers(key)) config.local_layers.push_back(local != 0);
    if (config.local_layers.size() != config.num_hidden_layers) {
      metadata.refuse(fmt::format("{} has {} values; expected one for each layer", key,
                                  config.local_layers.size()));
    }
  } else {
    period = metadata.size_or(key, period);
    for (size_t l = 0; l < config.num_hidden_layers; ++l) {
      config.local_layers.push_back(is_local(l, period));
    }
  }
  simplify_window(config);
}

void write_window_gguf(const DecoderConfig& config, const std::string& architecture, size_t period,
                       GgufMetadata& metadata) {
  if (config.sliding_window == 0) return;
  metadata.set_size(architecture + ".attention.sliding_window", config.sliding_window);
  std::vector<bool> flags;
  bool regular = true;
  for (size_t l = 0; l < config.num_hidden_layers; ++l) {
    flags.push_back(config.is_local(l));
    regular = regular && flags.back() == is_local(l, period);
  }
  if (!regular) metadata.set_flags(architecture + ".attention.sliding_window_pattern", flags);
}

}  // namespace twin
