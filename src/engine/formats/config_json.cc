#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "base/error.h"
#include "base/files.h"
#include "engine/formats/families.h"
#include "engine/formats/model_folder.h"
#include "engine/formats/rope_json.h"

namespace twin {
namespace {

constexpr uint64_t kMaxConfigBytes = 1 << 20;

// Settings that change what a model computes and that no family here has: where one is set, the
// model is another than we would run.
constexpr const char* kUnsupported[] = {"attention_bias",
                                        "mlp_bias",
                                        "use_bias",
                                        "attn_logit_softcapping",
                                        "final_logit_softcapping",
                                        "use_bidirectional_attention",
                                        "num_local_experts",
                                        "num_experts",
                                        "n_routed_experts",
                                        "moe_intermediate_size",
                                        "attention_multiplier",
                                        "embedding_multiplier",
                                        "residual_multiplier",
                                        "logits_scaling",
                                        "logit_scale",
                                        "clip_qkv",
                                        "alibi",
                                        "qk_layernorm",
                                        "attention_chunk_size",
                                        "kv_lora_rank",
                                        "num_nextn_predict_layers",
                                        "hidden_size_per_layer_input",
                                        "quantization_config"};

// Null, false, 0 and empty say that a setting is off.
bool is_set(const ConfigReader& json, const char* name) {
  if (!json.has(name)) return false;
  const Json& value = json[name];
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number()) return value.get<double>() != 0;
  return value.is_string() || !value.empty();
}

void refuse_unsupported(const ConfigReader& json, bool gelu) {
  for (const char* name : kUnsupported) {
    if (is_set(json, name)) {
      json.refuse(fmt::format("{} {} is not supported", name, dump_json(json[name])));
    }
  }
  const std::string expected = gelu ? "gelu_pytorch_tanh" : "silu";
  const std::string found = json.text_or("hidden_activation", json.text_or("hidden_act", expected));
  if (found != expected) {
    json.refuse(
        fmt::format("hidden_act \"{}\" is not supported; expected \"{}\"", found, expected));
  }
}

void read_shape(const ConfigReader& json, DecoderConfig& config) {
  const auto size = [&](const char* name, size_t& value) {
    value = value == 0 ? json.size(name) : json.size_or(name, value);
  };
  size("vocab_size", config.vocab_size);
  size("hidden_size", config.hidden_size);
  size("intermediate_size", config.intermediate_size);
  size("num_hidden_layers", config.num_hidden_layers);
  size("num_attention_heads", config.num_attention_heads);
  if (config.num_attention_heads == 0) json.refuse("num_attention_heads is 0");
  const bool heads_said = json.json().contains("num_key_value_heads");
  config.num_key_value_heads =
      json.size_or("num_key_value_heads", heads_said || config.num_key_value_heads == 0
                                              ? config.num_attention_heads
                                              : config.num_key_value_heads);
  config.head_dim = json.size_or("head_dim", config.head_dim == 0
                                                 ? config.hidden_size / config.num_attention_heads
                                                 : config.head_dim);
  config.max_position_embeddings =
      json.size_or("max_position_embeddings", config.max_position_embeddings);
  config.rms_norm_eps = json.number_or("rms_norm_eps", config.rms_norm_eps);
  config.tie_word_embeddings = json.flag_or("tie_word_embeddings", config.tie_word_embeddings);
  // Each layer may be told about: no more of them than check_config() allows.
  if (config.num_hidden_layers > 1024) json.refuse("num_hidden_layers is over 1024");
}

void add_tokens(std::vector<int32_t>& ids, const std::vector<int32_t>& more) {
  for (int32_t id : more) {
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
  }
}

}  // namespace

DecoderConfig parse_config(std::string_view text, const std::string& where) {
  const Json whole = parse_json(text, where);
  const ConfigReader outer(whole, where);
  if (!whole.is_object()) outer.refuse("expected an object");
  // A model that sees and reads keeps its text part in here.
  const bool has_parts = outer.text_or("model_type", "llama") == "gemma3";
  const ConfigReader json = has_parts ? outer.object("text_config") : outer;
  const std::string model_type = json.text_or("model_type", has_parts ? "gemma3_text" : "llama");
  const Family& family = family_of(model_type, where);

  DecoderConfig config = family.defaults;
  config.model_type = model_type;
  read_shape(json, config);
  read_rope_json(json, config);
  if (family.read_json != nullptr) family.read_json(json, config);
  refuse_unsupported(json, config.hidden_act == HiddenAct::kGeluTanh);
  config.bos_token_id = json.token_or("bos_token_id", outer.token_or("bos_token_id", -1));
  config.eos_token_id = json.tokens("eos_token_id");
  if (has_parts) add_tokens(config.eos_token_id, outer.tokens("eos_token_id"));
  try {
    check_config(config);
  } catch (const Error& error) {
    outer.refuse(error.what());
  }
  return config;
}

DecoderConfig read_config(const std::filesystem::path& file) {
  DecoderConfig config = parse_config(read_file(file, kMaxConfigBytes), file.string());
  // What ends a text may be told there alone ("<|im_end|>" beside "<|endoftext|>").
  const std::filesystem::path generation = file.parent_path() / "generation_config.json";
  if (std::filesystem::exists(generation)) {
    const Json json = parse_json(read_file(generation, kMaxConfigBytes), generation.string());
    const ConfigReader reader(json, generation.string());
    if (!json.is_object()) reader.refuse("expected an object");
    add_tokens(config.eos_token_id, reader.tokens("eos_token_id"));
  }
  return config;
}

std::string config_json(const DecoderConfig& config, std::string_view dtype) {
  const Family& family = family_of(config.model_type, "config.json");
  OrderedJson json = {{"architectures", {family.architecture}},
                      {"model_type", family.model_type},
                      {"vocab_size", config.vocab_size},
                      {"hidden_size", config.hidden_size},
                      {"intermediate_size", config.intermediate_size},
                      {"num_hidden_layers", config.num_hidden_layers},
                      {"num_attention_heads", config.num_attention_heads},
                      {"num_key_value_heads", config.num_key_value_heads},
                      {"head_dim", config.head_dim},
                      {"max_position_embeddings", config.max_position_embeddings},
                      {"rms_norm_eps", config.rms_norm_eps},
                      {"rope_theta", config.rope_theta},
                      {"tie_word_embeddings", config.tie_word_embeddings}};
  const bool gelu = config.hidden_act == HiddenAct::kGeluTanh;
  json[gelu ? "hidden_activation" : "hidden_act"] = gelu ? "gelu_pytorch_tanh" : "silu";
  write_rope_scaling_json(config, json);
  if (family.write_json != nullptr) family.write_json(config, json);
  json["torch_dtype"] = dtype;
  if (config.bos_token_id >= 0) json["bos_token_id"] = config.bos_token_id;
  if (config.eos_token_id.size() == 1) {
    json["eos_token_id"] = config.eos_token_id.front();
  } else if (!config.eos_token_id.empty()) {
    json["eos_token_id"] = config.eos_token_id;
  }
  return dump_json(json, 2) + '\n';
}

}  // namespace twin
