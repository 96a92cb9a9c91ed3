#include "cli/inspect_encoder.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/formats/encoder_folder.h"
#include "engine/formats/sentence_folder.h"

namespace twin {

namespace fs = std::filesystem;

std::optional<OrderedJson> describe_encoder(const fs::path& path) {
  if (!fs::is_directory(path)) return std::nullopt;
  const bool is_embedder = fs::exists(path / "modules.json");
  const SentenceSettings settings = is_embedder ? read_sentence_settings(path) : SentenceSettings();
  const fs::path model = path / settings.module_path;
  if (!is_embedder && !is_encoder_folder(model)) return std::nullopt;

  OrderedJson lines;
  size_t positions = 0;
  Pooling usual = Pooling::kMean;
  if (is_encoder_folder(model)) {
    const EncoderTensors tensors = open_encoder(model);
    const EncoderConfig& c = tensors.config;
    positions = c.max_position_embeddings;
    lines = {{"kind", c.num_labels > 0 ? "reranker" : "embedder"},
             {"model_type", "bert"},
             {"parameters", parameter_count(c)},
             {"vocab_size", c.vocab_size},
             {"hidden_size", c.hidden_size},
             {"intermediate_size", c.intermediate_size},
             {"num_hidden_layers", c.num_hidden_layers},
             {"num_attention_heads", c.num_attention_heads},
             {"max_position_embeddings", c.max_position_embeddings},
             {"layer_norm_eps", c.layer_norm_eps},
             {"hidden_act", c.hidden_act == EncoderAct::kGelu ? "gelu" : "gelu_new"},
             {"weights", std::string(dtype_info(tensors.word_embeddings.dtype).name)}};
    if (c.num_labels > 0) {
      lines["num_labels"] = c.num_labels;
      return lines;
    }
  } else {
    const DecoderTensors tensors = open_decoder_body(model);
    const DecoderConfig& c = tensors.config;
    positions = c.max_position_embeddings;
    usual = Pooling::kLast;
    lines = {{"kind", "embedder"},
             {"model_type", c.model_type},
             {"parameters", parameter_count(c)},
             {"vocab_size", c.vocab_size},
             {"hidden_size", c.hidden_size},
             {"intermediate_size", c.intermediate_size},
             {"num_hidden_layers", c.num_hidden_layers},
             {"num_attention_heads", c.num_attention_heads},
             {"num_key_value_heads", c.num_key_value_heads},
             {"max_position_embeddings", c.max_position_embeddings},
             {"weights", std::string(dtype_info(tensors.embed_tokens.dtype).name)}};
  }
  lines["pooling"] = name_of(settings.pooling.value_or(usual));
  lines["max_tokens"] =
      settings.max_seq_length == 0 ? positions : std::min(settings.max_seq_length, positions);
  lines["query_prefix"] = settings.query_prompt;
  lines["document_prefix"] = settings.document_prompt;
  return lines;
}

}  // namespace twin
