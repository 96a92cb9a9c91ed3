#include <fmt/format.h>

#include <memory>
#include <set>

#include "base/error.h"
#include "engine/formats/assemble.h"
#include "engine/formats/gguf_config.h"
#include "engine/formats/model_folder.h"

namespace twin {

DecoderTensors open_gguf(const std::filesystem::path& path, Reading reading) {
  const auto file = std::make_shared<const GgufFile>(path);
  DecoderTensors tensors;
  tensors.config = read_gguf_config(file->metadata(), file->tensors());
  const bool sandwich = tensors.config.sandwich_norms;
  std::set<std::string> wanted = {"rope_freqs.weight"};
  assemble(tensors, path.string(), [&](const std::string& name) {
    const std::string theirs = gguf_tensor_name(name, sandwich);
    const auto found = file->tensors().find(theirs);
    wanted.insert(theirs);
    return found == file->tensors().end() ? nullptr : &found->second;
  });
  // A bias or a norm too many says that the model is another than the one we would run.
  for (const auto& [name, tensor] : file->tensors()) {
    if (wanted.count(name) == 0) {
      throw Error(ErrorCode::kBadInput,
                  fmt::format("{}: tensor '{}' has no place in a model of model_type \"{}\"",
                              path.string(), name, tensors.config.model_type));
    }
  }
  if (reading == Reading::kAtOnce) file->prefetch();
  tensors.owners.push_back(file);
  return tensors;
}

}  // namespace twin
