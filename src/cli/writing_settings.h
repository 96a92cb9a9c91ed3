#pragma once

#include "cli/command.h"
#include "engine/generate/generate.h"

namespace twin {

// The write.* settings in the terms of generation. Errors: kUsage naming the setting.
SamplingOptions sampling_settings(Session& session);

}  // namespace twin
