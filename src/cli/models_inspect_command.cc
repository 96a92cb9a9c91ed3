#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/progress.h"
#include "cli/model_argument.h"
#include "cli/models_command.h"

namespace twin {
namespace {

void run_inspect(Session& session, const ModelArgument& argument) {
  const LanguageModel model = load_model(session, argument);
  const DecoderConfig& c = model.weights->config;
  Json json = {{"parameters", parameter_count(c)},
               {"vocab_size", c.vocab_size},
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
               {"tokenizer_tokens", model.tokenizer->vocab_size()},
               {"adapter_r", model.adapter ? Json(model.adapter->r()) : Json(nullptr)}};
  session.print(fmt::format("{:<26}{:.2f}M ({} as f32)\n", "parameters",
                            static_cast<double>(parameter_count(c)) / 1e6,
                            format_bytes(4.0 * static_cast<double>(parameter_count(c)))));
  for (const auto& [key, value] : json.items()) {
    if (key != "parameters" && !value.is_null()) {
      session.print(fmt::format("{:<26}{}\n", key, dump_json(value)));
    }
  }
  session.print_json(json);
}

}  // namespace

void add_models_inspect(CLI::App& models, Invocation& invocation) {
  auto argument = std::make_shared<ModelArgument>();
  CLI::App* inspect = add_model_argument(models.add_subcommand("inspect", "Its shape"), *argument);
  inspect->footer("Examples:\n  twin models inspect sft\n  twin models inspect stories260K.bin");
  inspect->callback([&invocation, argument] {
    invocation.run = [argument](Session& session) { run_inspect(session, *argument); };
  });
}

}  // namespace twin
