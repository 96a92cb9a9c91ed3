#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "engine/formats/safetensors.h"

namespace twin {

// The tensors of a model folder: model.safetensors, or the shards that model.safetensors.index.json
// names. Errors: kBadInput naming the file.
class SafetensorsFolder {
 public:
  explicit SafetensorsFolder(const std::filesystem::path& folder);

  // Null where there is none.
  const TensorView* find(const std::string& name) const;
  const std::map<std::string, SafetensorsFile>& files() const { return files_; }

 private:
  void open(const std::string& file);

  std::filesystem::path folder_;
  std::map<std::string, SafetensorsFile> files_;
};

}  // namespace twin
