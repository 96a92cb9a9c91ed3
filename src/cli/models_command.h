#pragma once

#include "cli/command.h"

namespace twin {

// The commands under `twin models`: one file each, models_<name>_command.cc. Each declares its
// command on `models`, as AddCommand does on the program.
void add_models_list(CLI::App& models, Invocation& invocation);
void add_models_pull(CLI::App& models, Invocation& invocation);
void add_models_inspect(CLI::App& models, Invocation& invocation);
void add_models_quantize(CLI::App& models, Invocation& invocation);
void add_models_export(CLI::App& models, Invocation& invocation);
void add_models_merge(CLI::App& models, Invocation& invocation);
void add_models_tokenize(CLI::App& models, Invocation& invocation);
void add_models_generate(CLI::App& models, Invocation& invocation);
void add_models_embed(CLI::App& models, Invocation& invocation);
void add_models_rerank(CLI::App& models, Invocation& invocation);
void add_models_perplexity(CLI::App& models, Invocation& invocation);

}  // namespace twin
