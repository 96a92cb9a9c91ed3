#include "engine/formats/export_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "engine/formats/gguf.h"
#include "engine/formats/gguf_config.h"
#include "engine/formats/gguf_tokenizer.h"
#include "engine/formats/gguf_writer.h"
#include "engine/formats/model_folder.h"
#include "engine/formats/safetensors_writer.h"
#include "engine/tokenizer/tokenizer_contents.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMaxSideFile = uint64_t{64} << 20;

void refuse_existing(const fs::path& target) {
  if (fs::exists(target)) {
    throw Error(ErrorCode::kUsage,
                fmt::format("{}: is there already; name a new file or folder", target.string()));
  }
}

OrderedJson read_ordered_json(const fs::path& file) {
  OrderedJson json = parse_ordered_json(read_file(file, kMaxSideFile), file.string());
  if (!json.is_object()) {
    throw Error(ErrorCode::kBadInput, fmt::format("{}: expected an object", file.string()));
  }
  return json;
}

// The number GGUF has for a file whose matrices are mostly of this type.
uint32_t file_type_of(const std::vector<PlannedTensor>& tensors) {
  std::map<DType, size_t> bytes;
  for (const PlannedTensor& tensor : tensors) {
    if (tensor.shape.size() == 2) bytes[tensor.dtype] += tensor.bytes();
  }
  const auto most = std::max_element(
      bytes.begin(), bytes.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  switch (most == bytes.end() ? DType::kF32 : most->first) {
    case DType::kF16:
      return gguf_file_type(WeightTypes::kF16);
    case DType::kBF16:
      return gguf_file_type(WeightTypes::kBF16);
    case DType::kQ8_0:
      return gguf_file_type(WeightTypes::kQ8_0);
    case DType::kQ4_0:
      return gguf_file_type(WeightTypes::kQ4_0);
    case DType::kQ4_1:
      return gguf_file_type(WeightTypes::kQ4_1);
    case DType::kQ5_0:
      return gguf_file_type(WeightTypes::kQ5_0);
    case DType::kQ5_1:
      return gguf_file_type(WeightTypes::kQ5_1);
    case DType::kQ4_K:
      return gguf_file_type(WeightTypes::kQ4_K_M);
    case DType::kQ5_K:
      return gguf_file_type(WeightTypes::kQ5_K_M);
    case DType::kQ6_K:
      return gguf_file_type(WeightTypes::kQ6_K);
    default:
      return gguf_file_type(WeightTypes::kF32);
  }
}

// GGUF has a place each for the end of a text, of a turn and of a message; all of them stop. Those
// of the config that the tokenizer does not know by name go where there is room.
void write_end_tokens(const std::vector<int32_t>& ends, TokenizerContents& contents,
                      GgufMetadata& metadata) {
  const std::string eom = "tokenizer.ggml.eom_token_id";
  for (const int32_t end : ends) {
    if (end < 0 || static_cast<size_t>(end) >= contents.tokens.size()) continue;
    if (contents.eos_token_id == end || contents.eot_token_id == end) continue;
    if (!contents.eos_token_id) {
      contents.eos_token_id = end;
    } else if (!contents.eot_token_id) {
      contents.eot_token_id = end;
    } else if (!metadata.has(eom)) {
      metadata.set_size(eom, static_cast<size_t>(end));
    }
  }
}

// What the model or its origin says of its chats; nothing for a model that was never a file.
ChatSettings chat_settings_of(const ModelToExport& model) {
  if (model.chat_template) return {{{"default", *model.chat_template}}, {}};
  return fs::exists(model.origin) ? load_chat_settings(model.origin) : ChatSettings{};
}

// As tokenizer_config.json has them: one text, or a list of named ones; null where there is none.
OrderedJson chat_templates(const ChatSettings& settings) {
  const std::string* only = settings.find_template(false);
  if (only != nullptr && settings.templates.size() == 1) return *only;
  OrderedJson list;
  for (const auto& [name, text] : settings.templates) {
    list.push_back({{"name", name}, {"template", text}});
  }
  return list;
}

GgufMetadata new_metadata(const ModelToExport& model, const std::string& where) {
  GgufMetadata metadata(where);
  metadata.set_text("general.type", "model");
  fs::path name = fs::absolute(model.origin).lexically_normal();
  if (name.filename().empty()) name = name.parent_path();
  metadata.set_text("general.name", name.stem().string());
  write_gguf_config(model.tensors.config, metadata);
  if (model.tokenizer != nullptr) {
    TokenizerContents contents = model.tokenizer->contents();
    std::vector<int32_t> ends = model.tensors.config.eos_token_id;
    if (model.end_of_turn) ends.push_back(*model.end_of_turn);
    write_end_tokens(ends, contents, metadata);
    write_gguf_tokenizer(contents, model.tensors.config.vocab_size, metadata);
  } else {
    metadata.set_text("tokenizer.ggml.model", "no_vocab");
  }
  write_gguf_chat_templates(chat_settings_of(model), metadata);
  return metadata;
}

// What a GGUF file says of itself stays, but for how it is cut and packed, what was computed with
// its weights, and how the model was trained to chat.
GgufMetadata kept_metadata(const ModelToExport& model) {
  GgufMetadata metadata = GgufFile(model.origin).metadata();
  for (const char* key :
       {"split.no", "split.count", "split.tensors.count", "general.alignment", "twin.parity"}) {
    metadata.erase(key);
  }
  if (model.chat_template) {
    for (const std::string& name : metadata.texts("tokenizer.chat_templates")) {
      metadata.erase("tokenizer.chat_template." + name);
    }
    metadata.erase("tokenizer.chat_templates");
    write_gguf_chat_templates(chat_settings_of(model), metadata);
  }
  if (model.end_of_turn) {
    const auto id = static_cast<size_t>(*model.end_of_turn);
    const char* places[] = {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id",
                            "tokenizer.ggml.eom_token_id"};
    const bool said = std::any_of(std::begin(places), std::end(places), [&](const char* place) {
      return metadata.has(place) && metadata.size(place) == id;
    });
    for (const char* place : places) {
      if (said || metadata.has(place)) continue;
      metadata.set_size(place, id);
      break;
    }
  }
  return metadata;
}

const char* torch_name(DType dtype) {
  return dtype == DType::kF32 ? "float32" : dtype == DType::kF16 ? "float16" : "bfloat16";
}

// The origin's own config.json but for the type of the weights; ours where it has none or is the
// text part of a larger model.
std::string config_text(const ModelToExport& model, DType dtype) {
  const fs::path file = model.origin / "config.json";
  const std::string ours = config_json(model.tensors.config, torch_name(dtype));
  if (!fs::is_directory(model.origin) || !fs::exists(file)) return ours;
  OrderedJson json = read_ordered_json(file);
  if (json.value("model_type", OrderedJson("")) != model.tensors.config.model_type) return ours;
  json.erase("torch_dtype");
  json.erase("dtype");
  json["torch_dtype"] = torch_name(dtype);
  return dump_json(json, 2) + '\n';
}

// Names of the special tokens, for a tokenizer that came from a GGUF file.
OrderedJson special_tokens(const TokenizerContents& contents) {
  OrderedJson json = OrderedJson::object();
  const auto put = [&](const char* name, std::optional<TokenId> id) {
    if (id && static_cast<size_t>(*id) < contents.tokens.size()) {
      json[name] = contents.tokens[static_cast<size_t>(*id)];
    }
  };
  put("bos_token", contents.bos_token_id);
  put("eos_token", contents.eos_token_id);
  put("unk_token", contents.unknown_token_id);
  put("pad_token", contents.padding_token_id);
  return json;
}

// Adds to the ids that end a text, which are one or a list.
void add_end_token(const fs::path& file, TokenId end) {
  OrderedJson json = fs::exists(file) ? read_ordered_json(file) : OrderedJson::object();
  OrderedJson ids = json.value("eos_token_id", OrderedJson::array());
  if (!ids.is_array()) ids = ids.is_null() ? OrderedJson::array() : OrderedJson::array({ids});
  if (std::find(ids.begin(), ids.end(), OrderedJson(end)) != ids.end()) return;
  ids.push_back(end);
  json["eos_token_id"] = ids;
  write_file_atomic(file, dump_json(json, 2) + '\n');
}

void write_tokenizer(const ModelToExport& model, const fs::path& folder) {
  constexpr const char* kSideFiles[] = {"generation_config.json",  "tokenizer_config.json",
                                        "special_tokens_map.json", "chat_template.jinja",
                                        "chat_template.json",      "added_tokens.json"};
  constexpr const char* kMoreTemplates = "additional_chat_templates";
  if (fs::is_directory(model.origin)) {
    for (const char* file : kSideFiles) {
      if (fs::exists(model.origin / file)) {
        write_file_atomic(folder / file, read_file(model.origin / file, kMaxSideFile));
      }
    }
  }
  if (fs::is_directory(model.origin / kMoreTemplates)) {
    for (const auto& entry : fs::directory_iterator(model.origin / kMoreTemplates)) {
      if (entry.path().extension() != ".jinja") continue;
      write_file_atomic(folder / kMoreTemplates / entry.path().filename(),
                        read_file(entry.path(), kMaxSideFile));
    }
  }
  const DecoderConfig& config = model.tensors.config;
  if (!fs::exists(folder / "generation_config.json") && !config.eos_token_id.empty()) {
    OrderedJson json = {{"eos_token_id", config.eos_token_id}};
    if (config.bos_token_id >= 0) json["bos_token_id"] = config.bos_token_id;
    write_file_atomic(folder / "generation_config.json", dump_json(json, 2) + '\n');
  }
  if (model.end_of_turn) add_end_token(folder / "generation_config.json", *model.end_of_turn);
  if (model.chat_template) write_chat_template(folder, *model.chat_template);
  if (model.tokenizer == nullptr) return;
  write_file_atomic(folder / "tokenizer.json", model.tokenizer->json());
  if (fs::exists(folder / "tokenizer_config.json")) return;
  const TokenizerContents contents = model.tokenizer->contents();
  OrderedJson json = {{"tokenizer_class", "PreTrainedTokenizerFast"},
                      {"clean_up_tokenization_spaces", false},
                      {"model_max_length", config.max_position_embeddings}};
  const OrderedJson tokens = special_tokens(contents);
  json.update(tokens);
  if (const OrderedJson chat = chat_templates(chat_settings_of(model));
      !chat.empty() && !model.chat_template) {
    json["chat_template"] = chat;
  }
  write_file_atomic(folder / "tokenizer_config.json", dump_json(json, 2) + '\n');
  write_file_atomic(folder / "special_tokens_map.json", dump_json(tokens, 2) + '\n');
}

}  // namespace

void write_chat_template(const fs::path& folder, const std::string& text) {
  fs::remove(folder / "chat_template.json");
  fs::remove_all(folder / "additional_chat_templates");
  for (const char* name : {"tokenizer_config.json", "special_tokens_map.json"}) {
    const fs::path file = folder / name;
    if (!fs::exists(file)) continue;
    OrderedJson config = read_ordered_json(file);
    if (config.erase("chat_template") > 0) write_file_atomic(file, dump_json(config, 2) + '\n');
  }
  write_file_atomic(folder / "chat_template.jinja", text);
}

void export_gguf(Context& context, const ModelToExport& model, WeightTypes types,
                 const fs::path& target) {
  refuse_existing(target);
  const ExportPlan plan = plan_gguf(model.tensors, types);
  GgufMetadata metadata =
      is_gguf(model.origin) ? kept_metadata(model) : new_metadata(model, target.string());
  for (const auto& [key, text] : model.metadata) metadata.set_text(key, text);
  metadata.set_size("general.file_type", types == WeightTypes::kKeep ? file_type_of(plan.tensors)
                                                                     : gguf_file_type(types));
  metadata.set_size("general.quantization_version", 2);
  write_gguf(context, target, metadata, plan.tensors);
}

void export_folder(Context& context, const ModelToExport& model, WeightTypes types,
                   const fs::path& target) {
  refuse_existing(target);
  if (types > WeightTypes::kBF16) {
    throw Error(ErrorCode::kUsage,
                fmt::format("a Hugging Face folder cannot hold {}; expected keep, f32, f16 or bf16",
                            weight_type_names()[static_cast<size_t>(types)]));
  }
  const ExportPlan plan = plan_folder(model.tensors, types);
  AtomicFolder folder(target);
  write_file_atomic(folder.building() / "config.json",
                    config_text(model, plan.tensors.front().dtype));
  write_tokenizer(model, folder.building());
  write_safetensors_model(context, folder.building(), plan.tensors);
  folder.commit();
}

}  // namespace twin
