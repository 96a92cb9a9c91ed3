#include "cli/command.h"

namespace twin {

void add_init_command(CLI::App& app, Invocation& invocation);
void add_collect_command(CLI::App& app, Invocation& invocation);
void add_extract_command(CLI::App& app, Invocation& invocation);
void add_import_command(CLI::App& app, Invocation& invocation);
void add_features_command(CLI::App& app, Invocation& invocation);
void add_search_command(CLI::App& app, Invocation& invocation);
void add_train_command(CLI::App& app, Invocation& invocation);
void add_evaluate_command(CLI::App& app, Invocation& invocation);
void add_write_command(CLI::App& app, Invocation& invocation);
void add_serve_command(CLI::App& app, Invocation& invocation);
void add_status_command(CLI::App& app, Invocation& invocation);
void add_models_command(CLI::App& app, Invocation& invocation);
void add_export_command(CLI::App& app, Invocation& invocation);
void add_store_command(CLI::App& app, Invocation& invocation);
void add_bench_command(CLI::App& app, Invocation& invocation);
void add_config_command(CLI::App& app, Invocation& invocation);
void add_completion_command(CLI::App& app, Invocation& invocation);

const std::vector<AddCommand>& commands() {
  static const std::vector<AddCommand> all = {
      add_init_command,       add_collect_command, add_extract_command, add_import_command,
      add_features_command,   add_search_command,  add_train_command,   add_evaluate_command,
      add_write_command,      add_serve_command,   add_status_command,  add_models_command,
      add_export_command,     add_store_command,   add_bench_command,   add_config_command,
      add_completion_command,
  };
  return all;
}

}  // namespace twin
