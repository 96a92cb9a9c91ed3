#include "cli/command.h"

namespace twin {

void add_init_command(CLI::App& app, Invocation& invocation);
void add_config_command(CLI::App& app, Invocation& invocation);
void add_completion_command(CLI::App& app, Invocation& invocation);

const std::vector<AddCommand>& commands() {
  static const std::vector<AddCommand> all = {
      add_init_command,
      add_config_command,
      add_completion_command,
  };
  return all;
}

}  // namespace twin
