#pragma once

#include <filesystem>
#include <string>

#include "base/json.h"
#include "cli/command.h"

namespace twin {

// `twin train sft` under `train`.
void add_train_sft(CLI::App& train, Invocation& invocation);

// The training's record, once the first of the processes that made it has written it.
Json finished_run_record(Session& session, const std::filesystem::path& folder);

// What a training prints: where its result is, whether it was made now, and its run record.
void report_training(Session& session, const std::filesystem::path& folder, bool made,
                     const Json& record, const std::string& summary);

}  // namespace twin
