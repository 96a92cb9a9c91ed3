#include "models/model_list.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "engine/formats/model_folder.h"
#include "models/hub/hub_cache.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

ListedModel describe(std::string name, const fs::path& path) {
  ListedModel model;
  model.name = std::move(name);
  model.path = path;
  if (!fs::exists(path / "config.json") && fs::exists(path / "adapter_config.json")) {
    model.family = "adapter";
    model.weight_bytes = fs::file_size(path / "adapter_model.safetensors");
    return model;
  }
  try {  // one that is broken is listed as such, not a reason to list none
    const DecoderTensors tensors = open_model(path);
    model.family = tensors.config.model_type;
    model.parameters = parameter_count(tensors.config);
    model.dtype = dtype_info(tensors.layers.front().gate_proj.dtype).name;
    model.weight_bytes = tensors.bytes();
  } catch (const Error& error) {
    model.problem = error.what();
  }
  return model;
}

bool is_model(const fs::directory_entry& entry) {
  const fs::path& path = entry.path();
  if (entry.is_directory()) {
    return fs::exists(path / "config.json") || fs::exists(path / "adapter_model.safetensors");
  }
  return entry.is_regular_file() && (path.extension() == ".gguf" || path.extension() == ".bin");
}

std::string name_in_cache(const fs::path& cache, const CachedModel& model) {
  const HubName name = parse_hub_name(model.repository).value();
  const HubCache one(cache, name);
  const fs::path file = model.path.lexically_relative(one.snapshot(model.commit));
  std::string shown = model.repository;
  if (file != ".") shown += ':' + file.string();
  if (one.commit_of(name.revision) != model.commit) {
    shown += '@' + model.commit;
  }
  return shown;
}

}  // namespace

std::vector<ListedModel> list_models_in(const fs::path& folder) {
  std::vector<ListedModel> models;
  if (!fs::is_directory(folder)) return models;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (is_model(entry)) models.push_back(describe(entry.path().filename().string(), entry.path()));
  }
  std::sort(models.begin(), models.end(),
            [](const ListedModel& a, const ListedModel& b) { return a.name < b.name; });
  return models;
}

std::vector<ListedModel> list_cached_models(const fs::path& cache) {
  std::vector<ListedModel> models;
  for (const CachedModel& model : cached_models(cache)) {
    models.push_back(describe(name_in_cache(cache, model), model.path));
  }
  return models;
}

}  // namespace twin
