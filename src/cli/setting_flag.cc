#include "cli/setting_flag.h"

#include <CLI/CLI.hpp>

namespace twin {

void add_setting_flag(CLI::App& command, Invocation& invocation, const std::string& flag,
                      const std::string& setting, const std::string& description) {
  command.add_option_function<std::string>(
      flag,
      [&invocation, setting](const std::string& value) {
        invocation.flags.emplace_back(setting, value);
      },
      description + " (setting " + setting + ")");
}

}  // namespace twin
