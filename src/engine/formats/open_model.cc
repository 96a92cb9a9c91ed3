#include <fmt/format.h>

#include <array>
#include <fstream>
#include <memory>
#include <set>

#include "base/error.h"
#include "engine/formats/assemble.h"
#include "engine/formats/families.h"
#include "engine/formats/model_folder.h"
#include "engine/formats/safetensors_folder.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

// What stands before the names where the decoder is the text part of a larger model, in the older
// and the newer writing of it.
constexpr std::array<std::pair<const char*, const char*>, 2> kTextParts = {
    {{"model.", "language_model.model."}, {"model.", "model.language_model."}}};

// The name a tensor has in the files: its own, or with a text part's prefix.
const TensorView* find_in(const SafetensorsFolder& files, const std::string& name) {
  if (const TensorView* found = files.find(name)) return found;
  if (name == "lm_head.weight") return files.find("language_model.lm_head.weight");
  for (const auto& [own, inside] : kTextParts) {
    if (!name.starts_with(own)) continue;
    if (const TensorView* found = files.find(inside + name.substr(std::string(own).size()))) {
      return found;
    }
  }
  return nullptr;
}

// A layer's tensor that the config does not ask for (a bias, a norm, another layer) says that the
// model is another than the one we would run.
void refuse_unused(const SafetensorsFolder& files, const std::vector<TensorSlot>& slots,
                   const fs::path& folder) {
  std::set<std::string_view> wanted;
  for (const TensorSlot& slot : slots) wanted.insert(slot.name);
  for (const auto& [file, opened] : files.files()) {
    for (const auto& [name, tensor] : opened.tensors()) {
      if (!name.starts_with("model.layers.") || name.ends_with("rotary_emb.inv_freq")) continue;
      if (wanted.count(name) == 0) {
        throw Error(ErrorCode::kBadInput,
                    fmt::format("{}: tensor '{}' has no place in the model config.json describes",
                                (folder / file).string(), name));
      }
    }
  }
}

DecoderTensors open_folder(const fs::path& folder, Reading reading) {
  DecoderTensors tensors;
  tensors.config = read_config(folder / "config.json");
  const Family& family = family_of(tensors.config.model_type, folder.string());
  const auto files = std::make_shared<const SafetensorsFolder>(folder);
  assemble(
      tensors, folder.string(), [&](const std::string& name) { return find_in(*files, name); },
      family.norms_less_one ? 1.0f : 0.0f);
  refuse_unused(*files, tensor_slots(tensors), folder);
  if (reading == Reading::kAtOnce) {
    for (const auto& [name, file] : files->files()) file.prefetch();
  }
  tensors.owners.push_back(files);
  return tensors;
}

}  // namespace

bool is_gguf(const fs::path& path) {
  std::array<char, 4> magic{};
  std::ifstream(path, std::ios::binary).read(magic.data(), magic.size());
  return std::string_view(magic.data(), magic.size()) == "GGUF";
}

DecoderTensors open_model(const fs::path& path, Reading reading) {
  if (!fs::exists(path)) {
    throw Error(ErrorCode::kBadInput, fmt::format("{}: no model there", path.string()));
  }
  if (fs::is_directory(path)) return open_folder(path, reading);
  return is_gguf(path) ? open_gguf(path, reading) : open_llama2c(path);
}

DecoderWeights load_weights(const fs::path& path) {
  DecoderWeights weights = to_f32(open_model(path));
  return weights.config().rope_interleaved ? to_half_split(weights) : std::move(weights);
}

}  // namespace twin
