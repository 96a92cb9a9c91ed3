#pragma once

#include <filesystem>
#include <memory>

#include "cli/command.h"
#include "inference/writer.h"

namespace twin {

// The write.* settings in the terms of generation. Errors: kUsage naming the setting.
SamplingOptions sampling_settings(Session& session);
// The same and where to look: the author's own passages.
WriteOptions write_settings(Session& session);

// The workspace's fine-tuned model, named as what made it: "dpo" where that was made from the "sft"
// that is there, else "sft". A stale one is not used, and the log says so. Errors: kUsage where
// there is none yet.
std::unique_ptr<TextGenerator> workspace_generator(Session& session);
// models/dpo, as above; empty where there is none, or a stale one, of which the log says so.
std::filesystem::path current_dpo_model(Session& session);

}  // namespace twin
