#pragma once

#include <string>

#include "cli/command.h"

namespace twin {

// A flag of a command that stands for a setting: `twin write --seed 7` is `--set write.seed=7`.
// `description` says what it means; the setting's name is added.
void add_setting_flag(CLI::App& command, Invocation& invocation, const std::string& flag,
                      const std::string& setting, const std::string& description);

}  // namespace twin
