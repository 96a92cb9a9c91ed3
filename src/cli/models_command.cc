#include "cli/models_command.h"

#include <CLI/CLI.hpp>

namespace twin {

void add_models_command(CLI::App& app, Invocation& invocation) {
  CLI::App* models = app.add_subcommand("models", "Look at and drive a model");
  models->require_subcommand(1);
  for (const AddCommand add : {
           add_models_list,
           add_models_pull,
           add_models_inspect,
           add_models_quantize,
           add_models_export,
           add_models_merge,
           add_models_tokenize,
           add_models_generate,
           add_models_embed,
           add_models_rerank,
           add_models_perplexity,
       }) {
    add(*models, invocation);
  }
}

}  // namespace twin
