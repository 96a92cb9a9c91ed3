#pragma once

#include <filesystem>
#include <vector>

#include "engine/formats/convert.h"

namespace twin {

// model.safetensors in an existing folder, or, over `shard_bytes`, shards of up to that size (one
// tensor at least) and model.safetensors.index.json. Holds no more than a few megabytes; a bar
// shows how far it is. Requires types that safetensors can name: F32, F16, BF16. Errors: kFailed
// naming the path; as convert().
void write_safetensors_model(Context& context, const std::filesystem::path& folder,
                             const std::vector<PlannedTensor>& tensors,
                             size_t shard_bytes = size_t{5'000'000'000});

}  // namespace twin
