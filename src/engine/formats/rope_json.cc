#include "engine/formats/rope_json.h"

#include <fmt/format.h>

namespace twin {
namespace {

// Of rope_scaling or one rope_parameters: the older of two spellings of the type gives way.
RopeScaling read_scaling(const ConfigReader& json, const DecoderConfig& config) {
  const std::string type = json.text_or("rope_type", json.text_or("type", "default"));
  if (json.number_or("partial_rotary_factor", 1) != 1) {
    json.refuse("partial_rotary_factor is not supported");
  }
  RopeScaling scaling;
  if (type == "default") return scaling;
  if (type != "linear" && type != "llama3") {
    json.refuse(
        fmt::format("rope_type \"{}\" is not supported; expected default, linear or llama3", type));
  }
  if (!json.has("factor")) json.refuse("'factor' is missing");
  scaling.factor = json.number_or("factor", 1);
  scaling.type = RopeScaling::Type::kLinear;
  if (type == "linear") return scaling;
  scaling.type = RopeScaling::Type::kLlama3;
  if (!json.has("low_freq_factor")) json.refuse("'low_freq_factor' is missing");
  if (!json.has("high_freq_factor")) json.refuse("'high_freq_factor' is missing");
  scaling.low_freq_factor = json.number_or("low_freq_factor", 1);
  scaling.high_freq_factor = json.number_or("high_freq_factor", 4);
  scaling.original_max_position_embeddings =
      json.size_or("original_max_position_embeddings", config.max_position_embeddings);
  return scaling;
}

}  // namespace

void read_rope_json(const ConfigReader& json, DecoderConfig& config) {
  if (json.number_or("partial_rotary_factor", 1) != 1) {
    json.refuse("partial_rotary_factor is not supported");
  }
  config.rope_theta = json.number_or("rope_theta", config.rope_theta);
  config.rope_local_base_freq = json.number_or("rope_local_base_freq", config.rope_local_base_freq);
  if (json.has("rope_scaling"))
    config.rope_scaling = read_scaling(json.object("rope_scaling"), config);
  if (!json.has("rope_parameters")) return;

  const ConfigReader rope = json.object("rope_parameters");
  const bool by_layer = rope.has("full_attention") || rope.has("sliding_attention");
  if (!by_layer) {
    config.rope_theta = rope.number_or("rope_theta", config.rope_theta);
    config.rope_scaling = read_scaling(rope, config);
    return;
  }
  if (rope.has("full_attention")) {
    const ConfigReader full = rope.object("full_attention");
    config.rope_theta = full.number_or("rope_theta", config.rope_theta);
    config.rope_scaling = read_scaling(full, config);
  }
  if (rope.has("sliding_attention")) {
    const ConfigReader local = rope.object("sliding_attention");
    config.rope_local_base_freq = local.number_or("rope_theta", config.rope_local_base_freq);
    if (read_scaling(local, config).type != RopeScaling::Type::kNone) {
      local.refuse("a scaled rotation of sliding_attention is not supported");
    }
  }
}

void write_rope_scaling_json(const DecoderConfig& config, OrderedJson& json) {
  const RopeScaling& scaling = config.rope_scaling;
  if (scaling.type == RopeScaling::Type::kLinear) {
    json["rope_scaling"] = {{"rope_type", "linear"}, {"factor", scaling.factor}};
  } else if (scaling.type == RopeScaling::Type::kLlama3) {
    json["rope_scaling"] = {
        {"rope_type", "llama3"},
        {"factor", scaling.factor},
        {"low_freq_factor", scaling.low_freq_factor},
        {"high_freq_factor", scaling.high_freq_factor},
        {"original_max_position_embeddings", scaling.original_max_position_embeddings}};
  }
}

}  // namespace twin
