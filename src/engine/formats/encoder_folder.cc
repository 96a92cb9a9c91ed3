#include "engine/formats/encoder_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "engine/formats/assemble.h"
#include "engine/formats/config_reader.h"
#include "engine/formats/families.h"
#include "engine/formats/model_folder.h"
#include "engine/formats/safetensors_folder.h"
#include "engine/model/parameter_block.h"
#include "engine/tensor/blocks.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMaxConfigBytes = 1 << 20;

EncoderAct act_of(const ConfigReader& json) {
  const std::string name = json.text_or("hidden_act", "gelu");
  if (name == "gelu" || name == "gelu_python") return EncoderAct::kGelu;
  if (name == "gelu_new" || name == "gelu_pytorch_tanh" || name == "gelu_fast") {
    return EncoderAct::kGeluTanh;
  }
  json.refuse(fmt::format("hidden_act '{}' is not supported; gelu and gelu_new are", name));
}

// id2label's size where it is said; transformers takes two labels where nothing is.
size_t label_count(const ConfigReader& json) {
  if (json.has("id2label")) {
    const Json& labels = json["id2label"];
    if (!labels.is_object()) json.refuse("'id2label' is not an object");
    return labels.size();
  }
  return json.size_or("num_labels", 2);
}

bool is_classifier(const ConfigReader& json) {
  if (!json.has("architectures")) return false;
  const Json& names = json["architectures"];
  if (!names.is_array()) json.refuse("'architectures' is not a list");
  return std::find(names.begin(), names.end(), "BertForSequenceClassification") != names.end();
}

// The names a tensor may have in a file.
const TensorView* find_in(const SafetensorsFolder& files, const std::string& name) {
  const auto find = [&](const std::string& own) {
    const TensorView* found = files.find(own);
    return found != nullptr ? found : files.find("bert." + own);
  };
  if (const TensorView* found = find(name)) return found;
  // TensorFlow's names, kept by the oldest conversions.
  for (const auto& [ending, old] :
       {std::pair<std::string, const char*>{"LayerNorm.weight", "gamma"},
        {"LayerNorm.bias", "beta"}}) {
    if (!name.ends_with(ending)) continue;
    return find(name.substr(0, name.rfind('.') + 1) + old);
  }
  return nullptr;
}

// A layer's tensor without a place says that the model is another than the one we would run.
void refuse_unused(const SafetensorsFolder& files, const std::vector<TensorSlot>& slots,
                   const fs::path& folder) {
  std::set<const TensorView*> used;
  for (const TensorSlot& slot : slots) used.insert(find_in(files, slot.name));
  for (const auto& [file, opened] : files.files()) {
    for (const auto& [name, tensor] : opened.tensors()) {
      const bool of_layer =
          name.starts_with("encoder.layer.") || name.starts_with("bert.encoder.layer.");
      if (!of_layer || used.count(&tensor) > 0) continue;
      throw Error(ErrorCode::kBadInput,
                  fmt::format("{}: tensor '{}' has no place in the encoder config.json describes",
                              (folder / file).string(), name));
    }
  }
}

}  // namespace

EncoderConfig parse_encoder_config(std::string_view text, const std::string& where) {
  const Json whole = parse_json(text, where);
  const ConfigReader json(whole, where);
  if (!whole.is_object()) json.refuse("expected an object");
  const std::string type = json.text_or("model_type", "");
  if (type != "bert") {
    json.refuse(fmt::format("model_type '{}' is no encoder that is supported; bert is", type));
  }
  const std::string positions = json.text_or("position_embedding_type", "absolute");
  if (positions != "absolute") {
    json.refuse(
        fmt::format("position_embedding_type '{}' is not supported; absolute is", positions));
  }
  for (const char* flag : {"is_decoder", "add_cross_attention"}) {
    if (json.flag_or(flag, false)) json.refuse(fmt::format("'{}' is not supported", flag));
  }
  if (json.has("quantization_config")) json.refuse("'quantization_config' is not supported");
  EncoderConfig config;
  config.vocab_size = json.size("vocab_size");
  config.hidden_size = json.size("hidden_size");
  config.intermediate_size = json.size("intermediate_size");
  config.num_hidden_layers = json.size("num_hidden_layers");
  config.num_attention_heads = json.size("num_attention_heads");
  config.max_position_embeddings = json.size("max_position_embeddings");
  config.type_vocab_size = json.size_or("type_vocab_size", 2);
  config.layer_norm_eps = json.number_or("layer_norm_eps", 1e-12f);
  config.hidden_act = act_of(json);
  if (is_classifier(json)) {
    config.num_labels = label_count(json);
    if (config.num_labels == 0) json.refuse("a classifier without labels");
  }
  try {
    check_config(config);
  } catch (const Error& error) {
    json.refuse(error.what());
  }
  return config;
}

bool is_encoder_folder(const fs::path& folder) {
  const fs::path file = folder / "config.json";
  if (!fs::exists(file)) return false;
  const Json json = parse_json(read_file(file, kMaxConfigBytes), file.string());
  return json.is_object() && json.contains("model_type") && json["model_type"] == "bert";
}

EncoderTensors open_encoder(const fs::path& folder) {
  const fs::path file = folder / "config.json";
  EncoderTensors tensors;
  tensors.config = parse_encoder_config(read_file(file, kMaxConfigBytes), file.string());
  const auto files = std::make_shared<const SafetensorsFolder>(folder);
  const std::vector<TensorSlot> slots = tensor_slots(tensors);
  size_t count = 0;  // values in vectors
  for (const TensorSlot& slot : slots) {
    check_tensor(find_in(*files, slot.name), slot.name, slot.shape, folder.string());
    if (slot.vector != nullptr) count += slot.shape[0];
  }
  refuse_unused(*files, slots, folder);
  const std::shared_ptr<float[]> block = make_float_block(count);
  std::span<float> left(block.get(), count);
  for (const TensorSlot& slot : slots) {
    const TensorView& found = *find_in(*files, slot.name);
    if (slot.matrix != nullptr) {
      *slot.matrix = {found.dtype, slot.shape[0], slot.shape[1], found.bytes.data()};
      continue;
    }
    const std::span<float> values = left.first(slot.shape[0]);
    dequantize(found.dtype, found.bytes.data(), values);
    *slot.vector = values;
    left = left.subspan(values.size());
  }
  tensors.owners = {block, files};
  return tensors;
}

DecoderTensors open_decoder_body(const fs::path& folder) {
  DecoderTensors tensors;
  tensors.config = read_config(folder / "config.json");
  tensors.config.tie_word_embeddings = true;
  const Family& family = family_of(tensors.config.model_type, folder.string());
  const auto files = std::make_shared<const SafetensorsFolder>(folder);
  const auto find = [&](const std::string& name) {
    const TensorView* found = files->find(name);
    const bool may_be_bare = found == nullptr && name.starts_with("model.");
    return may_be_bare ? files->find(name.substr(6)) : found;
  };
  assemble(tensors, folder.string(), find, family.norms_less_one ? 1.0f : 0.0f);
  for (const auto& [name, opened] : files->files()) opened.prefetch();
  tensors.owners.push_back(files);
  return tensors;
}

}  // namespace twin
