#include <fmt/format.h>

#include <cstdint>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "engine/formats/model_folder.h"

namespace twin {
namespace {

constexpr uint64_t kMaxConfigBytes = 1 << 20;

// Reads fields of one config.json and names the file and field in every error.
class ConfigReader {
 public:
  ConfigReader(const Json& json, std::string where) : json_(json), where_(std::move(where)) {}

  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(ErrorCode::kBadInput, fmt::format("{}: {}", where_, what));
  }
  bool has(const char* name) const { return json_.contains(name) && !json_[name].is_null(); }
  size_t size(const char* name) const {
    if (!has(name)) refuse(fmt::format("'{}' is missing", name));
    if (!json_[name].is_number_unsigned()) refuse(fmt::format("'{}' is not a size", name));
    return json_[name].get<size_t>();
  }
  size_t size_or(const char* name, size_t fallback) const {
    return has(name) ? size(name) : fallback;
  }
  float number_or(const char* name, float fallback) const {
    if (!has(name)) return fallback;
    if (!json_[name].is_number()) refuse(fmt::format("'{}' is not a number", name));
    return json_[name].get<float>();
  }
  bool flag_or(const char* name, bool fallback) const {
    if (!has(name)) return fallback;
    if (!json_[name].is_boolean()) refuse(fmt::format("'{}' is not true or false", name));
    return json_[name].get<bool>();
  }
  int32_t token(const Json& value, const char* name) const {
    if (!value.is_number_integer() || value < -1 || value > INT32_MAX) {
      refuse(fmt::format("'{}' is not a token id", name));
    }
    return value.get<int32_t>();
  }
  const Json& operator[](const char* name) const { return json_[name]; }

 private:
  const Json& json_;
  std::string where_;
};

void refuse_unsupported(const ConfigReader& reader) {
  if (reader.has("model_type") && reader["model_type"] != "llama") {
    reader.refuse(fmt::format("model_type {} is not supported; expected \"llama\"",
                              dump_json(reader["model_type"])));
  }
  if (reader.has("hidden_act") && reader["hidden_act"] != "silu") {
    reader.refuse("only hidden_act \"silu\" is supported");
  }
  if (reader.has("rope_scaling")) reader.refuse("rope_scaling is not supported");
  // Newer versions of transformers keep rope_theta in here, beside the scaling.
  if (reader.has("rope_parameters")) {
    const Json& rope = reader["rope_parameters"];
    if (!rope.is_object() || rope.value("rope_type", Json("default")) != "default") {
      reader.refuse("only rope_parameters of the rope_type \"default\" are supported");
    }
  }
  for (const char* bias : {"attention_bias", "mlp_bias"}) {
    if (reader.flag_or(bias, false)) reader.refuse(fmt::format("{} is not supported", bias));
  }
}

}  // namespace

DecoderConfig read_config(const std::filesystem::path& file) {
  const Json json = parse_json(read_file(file, kMaxConfigBytes), file.string());
  const ConfigReader reader(json, file.string());
  if (!json.is_object()) reader.refuse("expected an object");
  refuse_unsupported(reader);

  DecoderConfig config;
  config.vocab_size = reader.size("vocab_size");
  config.hidden_size = reader.size("hidden_size");
  config.intermediate_size = reader.size("intermediate_size");
  config.num_hidden_layers = reader.size("num_hidden_layers");
  config.num_attention_heads = reader.size("num_attention_heads");
  if (config.num_attention_heads == 0) reader.refuse("num_attention_heads is 0");
  config.num_key_value_heads = reader.size_or("num_key_value_heads", config.num_attention_heads);
  config.head_dim = reader.size_or("head_dim", config.hidden_size / config.num_attention_heads);
  config.max_position_embeddings = reader.size_or("max_position_embeddings", 2048);
  config.rms_norm_eps = reader.number_or("rms_norm_eps", 1e-6f);
  config.rope_theta = reader.number_or("rope_theta", 10000.0f);
  if (reader.has("rope_parameters")) {
    const ConfigReader rope(reader["rope_parameters"], file.string() + ": rope_parameters");
    config.rope_theta = rope.number_or("rope_theta", config.rope_theta);
  }
  config.tie_word_embeddings = reader.flag_or("tie_word_embeddings", false);
  if (reader.has("bos_token_id")) {
    config.bos_token_id = reader.token(json["bos_token_id"], "bos_token_id");
  }
  if (reader.has("eos_token_id")) {
    const Json& eos = json["eos_token_id"];
    if (!eos.is_array()) config.eos_token_id = {reader.token(eos, "eos_token_id")};
    for (const Json& id : eos.is_array() ? eos : Json::array()) {
      config.eos_token_id.push_back(reader.token(id, "eos_token_id"));
    }
  }
  try {
    check_config(config);
  } catch (const Error& error) {
    reader.refuse(error.what());
  }
  return config;
}

std::string config_json(const DecoderConfig& config) {
  OrderedJson json = {{"architectures", {"LlamaForCausalLM"}},
                      {"model_type", "llama"},
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
                      {"tie_word_embeddings", config.tie_word_embeddings},
                      {"hidden_act", "silu"},
                      {"attention_bias", false},
                      {"mlp_bias", false},
                      {"torch_dtype", "float32"}};
  if (config.bos_token_id >= 0) json["bos_token_id"] = config.bos_token_id;
  if (config.eos_token_id.size() == 1) {
    json["eos_token_id"] = config.eos_token_id.front();
  } else if (!config.eos_token_id.empty()) {
    json["eos_token_id"] = config.eos_token_id;
  }
  return dump_json(json, 2) + '\n';
}

}  // namespace twin
