#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace twin {

// What a list of models shows of one.
struct ListedModel {
  std::string name;  // what a command that takes a model accepts
  std::filesystem::path path;
  std::string family;     // "llama", "qwen2", ...; "adapter" for a PEFT folder
  size_t parameters = 0;  // 0 for an adapter
  std::string dtype;      // of the layers' matrices: "BF16", "Q4_K"
  uint64_t weight_bytes = 0;
  std::string problem;  // why it cannot be opened; the fields above are then empty
};

// The models right below a workspace's folder of models: Hugging Face folders, adapters, GGUF files
// and llama2.c's .bin, by name. Empty where there is no such folder.
std::vector<ListedModel> list_models_in(const std::filesystem::path& folder);

// The models in the hub's cache, as OWNER/NAME, or OWNER/NAME:FILE for a GGUF file. A snapshot that
// no branch or tag points to any more has @COMMIT behind its name.
std::vector<ListedModel> list_cached_models(const std::filesystem::path& cache);

}  // namespace twin
