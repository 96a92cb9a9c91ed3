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

// Replaces a text of the metadata of a file just written, where it stands: what was kept room for
// because it follows from the file itself. Spaces fill what is left of the room. Errors: kFailed
// where there is too little.
void fill_gguf_text(const std::filesystem::path& path, const std::string& key,
                    std::string_view text);

}  // namespace twin
