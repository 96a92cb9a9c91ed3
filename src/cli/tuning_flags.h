#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

#include "cli/command.h"

namespace CLI {
class App;
}

namespace twin {

// What fine-tunings on a file are told on the command line alone.
struct TuningFlags {
  std::string base, data, validation, output, style;
  std::optional<size_t> preview;  // samples to show; nothing is trained then
};
// `data`: the description of --data. `flags` outlives the parsing.
void add_tuning_flags(CLI::App& command, TuningFlags& flags, const char* data);

// Flags for the settings that FineTuning and its files have under `group` ("train.sft").
void add_tuning_settings(CLI::App& command, Invocation& invocation, const std::string& group);

// Where result and run go: --output, else the workspace, named as the data. `kind`: "sft", "dpo".
// Errors: kUsage where there is neither and no preview is asked for.
void place_result(Session& session, const TuningFlags& flags, const std::string& kind,
                  std::filesystem::path& output, std::filesystem::path& run);

}  // namespace twin
