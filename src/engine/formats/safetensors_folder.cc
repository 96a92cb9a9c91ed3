#include "engine/formats/safetensors_folder.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json.h"

namespace twin {

namespace fs = std::filesystem;

SafetensorsFolder::SafetensorsFolder(const fs::path& folder) : folder_(folder) {
  const fs::path index = folder / "model.safetensors.index.json";
  if (fs::exists(folder / "model.safetensors")) {
    open("model.safetensors");
  } else if (fs::exists(index)) {
    const Json json = parse_json(read_file(index), index.string());
    if (!json.is_object() || !json.contains("weight_map") || !json["weight_map"].is_object()) {
      throw Error(ErrorCode::kBadInput, fmt::format("{}: no weight_map", index.string()));
    }
    for (const auto& [name, file] : json["weight_map"].items()) {
      // A plain file name: an index must not reach outside its folder.
      if (!file.is_string() || file.get<std::string>().find('/') != std::string::npos) {
        throw Error(ErrorCode::kBadInput,
                    fmt::format("{}: '{}' is not in a file of this folder", index.string(), name));
      }
      open(file.get<std::string>());
    }
  } else {
    throw Error(ErrorCode::kBadInput,
                fmt::format("{}: no model.safetensors and no model.safetensors.index.json",
                            folder.string()));
  }
}

const TensorView* SafetensorsFolder::find(const std::string& name) const {
  for (const auto& [file, opened] : files_) {
    const auto found = opened.tensors().find(name);
    if (found != opened.tensors().end()) return &found->second;
  }
  return nullptr;
}

void SafetensorsFolder::open(const std::string& file) {
  if (files_.find(file) == files_.end()) files_.emplace(file, SafetensorsFile(folder_ / file));
}

}  // namespace twin
