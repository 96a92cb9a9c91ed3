#pragma once

#include <filesystem>
#include <vector>

#include "engine/formats/convert.h"
#include "engine/formats/gguf_metadata.h"

namespace twin {

// Writes a GGUF file of version 3, atomically and without holding more than a few megabytes of it;
// a bar shows how far it is. Errors: kFailed naming the path; as convert().
void write_gguf(Context& context, const std::filesystem::path& path, const GgufMetadata& metadata,
                const std::vector<PlannedTensor>& tensors);

}  // namespace twin
