#pragma once

#include <memory>

#include "cli/command.h"
#include "inference/writer.h"

namespace twin {

// The write.* settings in the terms of generation. Errors: kUsage naming the setting.
SamplingOptions sampling_settings(Session& session);
// The same and where to look: the author's own passages.
WriteOptions write_settings(Session& session);

// The workspace's fine-tuned model. Errors: kUsage where there is none yet.
std::unique_ptr<TextGenerator> workspace_generator(Session& session);

}  // namespace twin
