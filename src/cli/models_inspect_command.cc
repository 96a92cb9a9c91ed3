#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"
#include "base/progress.h"
#include "cli/inspect_encoder.h"
#include "cli/model_argument.h"
#include "cli/models_command.h"
#include "engine/formats/export_model.h"
#include "engine/formats/gguf.h"
#include "engine/formats/model_folder.h"
#include "engine/tokenizer/tokenizer_contents.h"
#include "models/parity.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

struct InspectOptions {
  ModelArgument model;
  bool tensors = false;
  bool verify = false;
};

// What is found out about a model step by step; a step that fails says why and the next ones still
// run.
class Inspection {
 public:
  Inspection(Session& session, const InspectOptions& options)
      : session_(session), options_(options), path_(model_path(session, options.model.model)) {}

  void run() {
    const bool gguf = is_gguf(path_);
    json_["path"] = path_.string();
    json_["format"] = gguf ? "gguf" : fs::is_directory(path_) ? "hf" : "llama2.c";
    line("format", json_["format"].get<std::string>());
    if (gguf) attempt([&] { read_gguf(); });
    attempt([&] { read_model(); });
    attempt([&] { read_tokenizer(); });
    attempt([&] { read_chat_template(); });
    attempt([&] { read_record(); });
    if (first_error_) json_["error"] = first_error_->what();
    session_.print_json(json_);
    if (first_error_) throw *first_error_;
  }

 private:
  template <typename Step>
  void attempt(const Step& step) {
    try {
      step();
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kInterrupted) throw;
      if (!first_error_) first_error_ = error;
    }
  }

  void line(const std::string& name, const std::string& value) {
    session_.print(fmt::format("{:<25} {}\n", name, value));
  }

  // Metadata and tensors as far as they could be read.
  void read_gguf() {
    const MappedFile file(path_);
    GgufContents contents;
    std::optional<Error> error;
    try {
      parse_gguf(file.bytes(), path_.string(), contents);
    } catch (const Error& found) {
      error = found;
    }
    constexpr size_t kShown = 100;
    for (const auto& [key, value] : contents.metadata.values()) {
      std::string shown = contents.metadata.show(key);
      json_["metadata"][key] = shown;
      std::replace(shown.begin(), shown.end(), '\n', ' ');
      if (shown.size() > kShown) shown = shown.substr(0, kShown) + " ...";
      line(key, shown);
    }
    json_["gguf_version"] = contents.version;
    json_["tensors"] = contents.tensors.size();
    line("tensors", fmt::format("{}", contents.tensors.size()));
    if (error) throw *error;
  }

  void read_model() {
    const bool is_adapter = fs::exists(path_ / "adapter_config.json");
    base_ = is_adapter ? base_of_adapter(path_) : path_;
    if (const auto lines = describe_encoder(base_)) {
      for (const auto& [key, value] : lines->items()) {
        json_[key] = value;
        line(key, dump_json(value));
      }
      return;
    }
    DecoderTensors tensors = open_model(base_);
    const DecoderConfig& c = tensors.config;
    json_["model_type"] = c.model_type;
    line("model_type", c.model_type);
    json_["parameters"] = parameter_count(c);
    line("parameters", fmt::format("{:.2f}M ({})", static_cast<double>(parameter_count(c)) / 1e6,
                                   format_bytes(static_cast<double>(tensors.bytes()))));
    json_["bytes"] = tensors.bytes();
    Json shape = {{"vocab_size", c.vocab_size},
                  {"hidden_size", c.hidden_size},
                  {"intermediate_size", c.intermediate_size},
                  {"num_hidden_layers", c.num_hidden_layers},
                  {"num_attention_heads", c.num_attention_heads},
                  {"num_key_value_heads", c.num_key_value_heads},
                  {"head_dim", c.head_dim},
                  {"max_position_embeddings", c.max_position_embeddings},
                  {"rope_theta", c.rope_theta},
                  {"rms_norm_eps", c.rms_norm_eps},
                  {"tie_word_embeddings", c.tie_word_embeddings},
                  {"sliding_window", c.sliding_window},
                  {"eos_token_id", c.eos_token_id}};
    for (const auto& [key, value] : shape.items()) {
      json_[key] = value;
      line(key, dump_json(value));
    }
    show_types(tensors);
    json_["adapter_r"] = nullptr;
    if (is_adapter) {
      json_["adapter_r"] = load_adapter(path_, c).r();
      line("adapter_r", dump_json(json_["adapter_r"]));
    }
  }

  // How many tensors and bytes there are of each type.
  void show_types(DecoderTensors& tensors) {
    struct Sum {
      size_t tensors = 0, bytes = 0;
    };
    std::map<DType, Sum> sums;
    for (const TensorSlot& slot : tensor_slots(tensors)) {
      const DType dtype = slot.matrix != nullptr ? slot.matrix->dtype : DType::kF32;
      const size_t count =
          slot.matrix != nullptr ? slot.matrix->rows * slot.matrix->cols : slot.vector->size();
      sums[dtype].tensors += 1;
      sums[dtype].bytes += dtype_bytes(dtype, count);
      if (options_.tensors) {
        line(slot.name,
             fmt::format("{} ({})", dtype_info(dtype).name, fmt::join(slot.shape, ", ")));
      }
    }
    json_["types"] = Json::array();
    for (const auto& [dtype, sum] : sums) {
      const std::string name(dtype_info(dtype).name);
      json_["types"].push_back({{"type", name}, {"tensors", sum.tensors}, {"bytes", sum.bytes}});
      line(name, fmt::format("{} tensors, {}", sum.tensors,
                             format_bytes(static_cast<double>(sum.bytes))));
    }
  }

  void read_tokenizer() {
    json_["tokenizer"] = nullptr;
    const fs::path own = fs::exists(path_ / "tokenizer.json") || base_.empty() ? path_ : base_;
    const bool in_model =
        options_.model.tokenizer.empty() && (fs::is_directory(own) || is_gguf(own));
    if (in_model && !has_tokenizer(own)) {
      line("tokenizer", "none");
      return;
    }
    const auto tokenizer =
        load_tokenizer(in_model ? own : tokenizer_path(session_, options_.model));
    json_["tokenizer_tokens"] = tokenizer->vocab_size();
    line("tokenizer_tokens", fmt::format("{}", tokenizer->vocab_size()));
    const TokenizerContents contents = tokenizer->contents();
    json_["tokenizer"] = contents.model;
    line("tokenizer", contents.pre.empty() ? contents.model
                                           : fmt::format("{} ({})", contents.model, contents.pre));
  }

  void read_chat_template() {
    ChatSettings settings = load_chat_settings(path_);
    if (settings.templates.empty() && !base_.empty()) settings = load_chat_settings(base_);
    std::vector<std::string> names;
    for (const auto& [name, text] : settings.templates) names.push_back(name);
    json_["chat_template"] = !names.empty();
    json_["chat_templates"] = names;
    const bool named = names.size() > 1 || (names.size() == 1 && names[0] != "default");
    line("chat_template", names.empty() ? "no"
                          : named       ? fmt::format("yes ({})", fmt::join(names, ", "))
                                        : "yes");
  }

  // The parity record, and with --verify whether it holds.
  void read_record() {
    json_["parity"] = nullptr;
    const std::optional<ParityRecord> record = read_parity(path_);
    if (!record) {
      line("parity_record", "none");
      return;
    }
    json_["parity"] = {{"template", name_of(record->style)},
                       {"probes", record->probes.size()},
                       {"mean_kl", record->drift ? Json(record->drift->mean_kl) : Json()},
                       {"verified", false}};
    const std::string what = fmt::format("{} probes through the {} template", record->probes.size(),
                                         name_of(record->style));
    if (options_.verify && options_.model.tokenizer.empty()) {
      load_model(session_, options_.model);
      json_["parity"]["verified"] = true;
    }
    line("parity_record",
         what + (json_["parity"]["verified"].get<bool>() ? ", verified" : ", not run here"));
  }

  Session& session_;
  const InspectOptions& options_;
  fs::path path_, base_;
  Json json_ = Json::object();
  std::optional<Error> first_error_;
};

}  // namespace

void add_models_inspect(CLI::App& models, Invocation& invocation) {
  auto options = std::make_shared<InspectOptions>();
  CLI::App* inspect = add_model_argument(
      models.add_subcommand("inspect", "Its family, shape, types, metadata and tokenizer"),
      options->model);
  inspect->add_flag("--tensors", options->tensors, "Also each tensor");
  inspect->add_flag("--verify", options->verify,
                    "Also run it and hold it against its parity record");
  inspect->footer(
      "Examples:\n  twin models inspect sft\n  twin models inspect stories260K.bin\n"
      "  twin models inspect SmolLM2-135M.Q8_0.gguf --tensors\n"
      "  twin models inspect sft --verify\n\n"
      "A file that is broken is shown as far as it can be read.");
  inspect->callback([&invocation, options] {
    invocation.run = [options](Session& session) { Inspection(session, *options).run(); };
  });
}

}  // namespace twin
