#include "engine/formats/gguf_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.h"
#include "engine/formats/families.h"
#include "engine/tensor/blocks.h"

namespace twin {
namespace {

// Keys below "<architecture>." that change what a model computes and that no family here has.
constexpr const char* kUnsupported[] = {"expert_count",
                                        "attn_logit_softcapping",
                                        "final_logit_softcapping",
                                        "logit_scale",
                                        "residual_scale",
                                        "embedding_scale",
                                        "attention.clamp_kqv",
                                        "attention.max_alibi_bias",
                                        "attention.kv_lora_rank",
                                        "attention.temperature_scale",
                                        "nextn_predict_layers"};

constexpr double kFactorTolerance = 1e-4;  // f32 and another order of arithmetic stay far below

// One number for the model; an array where all its values are the same counts as that.
size_t size_for_all(const GgufMetadata& metadata, const std::string& key, size_t fallback) {
  if (!metadata.is_array(key)) return metadata.size_or(key, fallback);
  const std::vector<double> values = metadata.numbers(key);
  const bool same = !values.empty() && std::all_of(values.begin(), values.end(), [&](double v) {
    return v == values[0] && v >= 0 && v <= UINT32_MAX && v == std::floor(v);
  });
  if (!same)
    metadata.refuse(fmt::format("{} that differs from layer to layer is not supported", key));
  return static_cast<size_t>(values[0]);
}

void check_same(const GgufMetadata& metadata, const std::string& key, size_t expected) {
  if (const size_t found = metadata.size_or(key, expected); found != expected) {
    metadata.refuse(fmt::format("{} is {}; other than {} is not supported", key, found, expected));
  }
}

void read_scaling(const GgufMetadata& metadata, const std::string& rope, DecoderConfig& config) {
  const std::string type = metadata.text_or(rope + "scaling.type", "none");
  const double factor =
      metadata.number_or(rope + "scaling.factor", metadata.number_or(rope + "scale_linear", 1));
  if (type == "linear" || (type == "none" && metadata.has(rope + "scale_linear") && factor != 1)) {
    config.rope_scaling.type = RopeScaling::Type::kLinear;
    config.rope_scaling.factor = static_cast<float>(factor);
  } else if (type != "none") {
    metadata.refuse(
        fmt::format("{}scaling.type \"{}\" is not supported; expected none or linear", rope, type));
  }
}

// Llama 3's scaling stands in the file as what each frequency is divided by. Its slow and fast ends
// are always 1 and 4 turns; the first context follows from any frequency between them.
void read_frequency_factors(const TensorView& tensor, const GgufMetadata& metadata,
                            const std::string& rope, DecoderConfig& config) {
  const auto refuse = [&](const char* what) {
    metadata.refuse(fmt::format("tensor 'rope_freqs.weight' {}", what));
  };
  if (tensor.shape != std::vector<size_t>{config.head_dim / 2} || tensor.dtype != DType::kF32) {
    refuse("is not one F32 for each pair of a head");
  }
  std::vector<float> factors(config.head_dim / 2);
  dequantize(tensor.dtype, tensor.bytes.data(), factors);
  const std::vector<double> plain = rope_frequencies(config, false);
  RopeScaling& scaling = config.rope_scaling;
  const double factor = *std::max_element(factors.begin(), factors.end());
  if (!(factor >= 1)) refuse("has a factor that is not from 1");
  if (factor == 1) return;
  if (scaling.type != RopeScaling::Type::kNone) refuse("stands beside another scaling");
  scaling = {RopeScaling::Type::kLlama3, static_cast<float>(factor), 1, 4, 8192};
  size_t original = metadata.size_or(rope + "scaling.original_context_length", 0);
  for (size_t j = 0; j < factors.size() && original == 0; ++j) {
    const double kept = (1 / factors[j] - 1 / factor) / (1 - 1 / factor);  // of the fast frequency
    if (kept < 0.01 || kept > 0.99) continue;
    const double turns = 1 + kept * 3;
    original = static_cast<size_t>(std::lround(turns * 2 * std::numbers::pi / plain[j]));
  }
  if (original > 0) scaling.original_max_position_embeddings = original;
  const std::vector<float> computed = rope_frequency_factors(config);
  for (size_t j = 0; j < factors.size(); ++j) {
    if (!(std::abs(computed[j] - factors[j]) <= kFactorTolerance * factors[j])) {
      refuse("does not hold the factors of a Llama 3 scaling");
    }
  }
}

std::vector<int32_t> end_tokens(const GgufMetadata& metadata) {
  std::vector<int32_t> ids;
  for (const char* key : {"eos", "eot", "eom"}) {
    const size_t id =
        metadata.size_or(fmt::format("tokenizer.ggml.{}_token_id", key), size_t{INT32_MAX} + 1);
    if (id > INT32_MAX) continue;
    const auto token = static_cast<int32_t>(id);
    if (std::find(ids.begin(), ids.end(), token) == ids.end()) ids.push_back(token);
  }
  return ids;
}

}  // namespace

DecoderConfig read_gguf_config(const GgufMetadata& metadata,
                               const std::map<std::string, TensorView>& tensors) {
  const std::string architecture = metadata.text_or("general.architecture", "");
  if (architecture.empty()) metadata.refuse("general.architecture is missing");
  const Family& family = family_of_gguf(architecture, metadata.where());
  const std::string a = architecture + '.';
  for (const char* name : kUnsupported) {
    if (metadata.has(a + name) && metadata.number_or(a + name, 0) != 0) {
      metadata.refuse(fmt::format("{}{} {} is not supported", a, name, metadata.show(a + name)));
    }
  }
  if (!metadata.flag_or(a + "attention.causal", true)) {
    metadata.refuse(a + "attention.causal false is not supported");
  }

  DecoderConfig config;
  config.model_type = family.model_type;
  config.rope_interleaved = family.gguf_interleaved;
  const auto embeddings = tensors.find("token_embd.weight");
  if (embeddings == tensors.end()) metadata.refuse("tensor 'token_embd.weight' is missing");
  config.vocab_size = embeddings->second.shape[0];
  config.hidden_size = metadata.size(a + "embedding_length");
  config.intermediate_size = size_for_all(metadata, a + "feed_forward_length", 0);
  config.num_hidden_layers = metadata.size(a + "block_count");
  if (config.num_hidden_layers > 1024) metadata.refuse(a + "block_count is over 1024");
  config.num_attention_heads = size_for_all(metadata, a + "attention.head_count", 0);
  if (config.num_attention_heads == 0) metadata.refuse(a + "attention.head_count is missing or 0");
  config.num_key_value_heads =
      size_for_all(metadata, a + "attention.head_count_kv", config.num_attention_heads);
  config.head_dim =
      metadata.size_or(a + "attention.key_length", config.hidden_size / config.num_attention_heads);
  check_same(metadata, a + "attention.value_length", config.head_dim);
  check_same(metadata, a + "rope.dimension_count", config.head_dim);
  config.max_position_embeddings = metadata.size(a + "context_length");
  config.rms_norm_eps =
      static_cast<float>(metadata.number_or(a + "attention.layer_norm_rms_epsilon", 1e-5));
  config.rope_theta = static_cast<float>(metadata.number_or(a + "rope.freq_base", 10000));
  config.tie_word_embeddings = tensors.count("output.weight") == 0;
  const size_t bos = metadata.size_or("tokenizer.ggml.bos_token_id", size_t{INT32_MAX} + 1);
  config.bos_token_id = bos <= INT32_MAX ? static_cast<int32_t>(bos) : -1;
  config.eos_token_id = end_tokens(metadata);
  read_scaling(metadata, a + "rope.", config);
  if (family.read_gguf != nullptr) family.read_gguf(metadata, config);
  try {
    check_config(config);
    if (const auto factors = tensors.find("rope_freqs.weight"); factors != tensors.end()) {
      read_frequency_factors(factors->second, metadata, a + "rope.", config);
      check_config(config);
    }
  } catch (const Error& error) {
    metadata.refuse(error.what());
  }
  return config;
}

std::vector<float> rope_frequency_factors(const DecoderConfig& config) {
  if (config.rope_scaling.type != RopeScaling::Type::kLlama3) return {};
  DecoderConfig unscaled = config;
  unscaled.rope_scaling = {};
  const std::vector<double> plain = rope_frequencies(unscaled, false);
  const std::vector<double> scaled = rope_frequencies(config, false);
  std::vector<float> factors;
  for (size_t j = 0; j < plain.size(); ++j) {
    factors.push_back(static_cast<float>(plain[j] / scaled[j]));
  }
  return factors;
}

void write_gguf_config(const DecoderConfig& config, GgufMetadata& metadata) {
  const Family& family = family_of(config.model_type, "the model");
  const std::string a = std::string(family.gguf_architecture) + '.';
  metadata.set_text("general.architecture", family.gguf_architecture);
  metadata.set_size(a + "vocab_size", config.vocab_size);
  metadata.set_size(a + "embedding_length", config.hidden_size);
  metadata.set_size(a + "feed_forward_length", config.intermediate_size);
  metadata.set_size(a + "block_count", config.num_hidden_layers);
  metadata.set_size(a + "attention.head_count", config.num_attention_heads);
  metadata.set_size(a + "attention.head_count_kv", config.num_key_value_heads);
  metadata.set_size(a + "attention.key_length", config.head_dim);
  metadata.set_size(a + "attention.value_length", config.head_dim);
  metadata.set_size(a + "rope.dimension_count", config.head_dim);
  metadata.set_size(a + "context_length", config.max_position_embeddings);
  metadata.set_number(a + "attention.layer_norm_rms_epsilon", config.rms_norm_eps);
  metadata.set_number(a + "rope.freq_base", config.rope_theta);
  const RopeScaling& scaling = config.rope_scaling;
  if (scaling.type == RopeScaling::Type::kLinear) {
    metadata.set_text(a + "rope.scaling.type", "linear");
    metadata.set_number(a + "rope.scaling.factor", scaling.factor);
  } else if (scaling.type == RopeScaling::Type::kLlama3) {
    metadata.set_size(a + "rope.scaling.original_context_length",
                      scaling.original_max_position_embeddings);
  }
  if (family.write_gguf != nullptr) family.write_gguf(config, metadata);
}

std::string gguf_tensor_name(const std::string& name, bool sandwich_norms) {
  if (name == "model.embed_tokens.weight") return "token_embd.weight";
  if (name == "model.norm.weight") return "output_norm.weight";
  if (name == "lm_head.weight") return "output.weight";
  constexpr std::pair<std::string_view, std::string_view> kParts[] = {
      {"input_layernorm.", "attn_norm."},
      {"self_attn.q_proj.", "attn_q."},
      {"self_attn.k_proj.", "attn_k."},
      {"self_attn.v_proj.", "attn_v."},
      {"self_attn.o_proj.", "attn_output."},
      {"self_attn.q_norm.", "attn_q_norm."},
      {"self_attn.k_norm.", "attn_k_norm."},
      {"pre_feedforward_layernorm.", "ffn_norm."},
      {"post_feedforward_layernorm.", "post_ffw_norm."},
      {"mlp.gate_proj.", "ffn_gate."},
      {"mlp.up_proj.", "ffn_up."},
      {"mlp.down_proj.", "ffn_down."}};
  constexpr std::string_view kLayers = "model.layers.";
  TWIN_CHECK(name.starts_with(kLayers), name);
  const std::string_view rest = std::string_view(name).substr(kLayers.size());
  const size_t dot = rest.find('.');
  const std::string_view layer = rest.substr(0, dot), part = rest.substr(dot + 1);
  if (part.starts_with("post_attention_layernorm.")) {
    return fmt::format("blk.{}.{}.weight", layer,
                       sandwich_norms ? "post_attention_norm" : "ffn_norm");
  }
  for (const auto& [ours, theirs] : kParts) {
    if (part.starts_with(ours)) {
      return fmt::format("blk.{}.{}{}", layer, theirs, part.substr(ours.size()));
    }
  }
  throw Bug("a tensor that GGUF has no name for: " + name);
}

}  // namespace twin
