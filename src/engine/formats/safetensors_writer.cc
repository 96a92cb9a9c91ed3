#include "engine/formats/safetensors_writer.h"

#include <fmt/format.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"

namespace twin {
namespace {

using Shard = std::vector<PlannedTensor>;

std::vector<Shard> cut(const std::vector<PlannedTensor>& tensors, size_t shard_bytes) {
  std::vector<Shard> shards(1);
  size_t size = 0;
  for (const PlannedTensor& tensor : tensors) {
    if (!shards.back().empty() && size + tensor.bytes() > shard_bytes) {
      shards.emplace_back();
      size = 0;
    }
    shards.back().push_back(tensor);
    size += tensor.bytes();
  }
  return shards;
}

// The length of the JSON, then the JSON, padded so that data is aligned to eight bytes.
std::string header(const Shard& shard) {
  OrderedJson json = OrderedJson::object();
  json["__metadata__"] = {{"format", "pt"}};
  size_t offset = 0;
  for (const PlannedTensor& tensor : shard) {
    const DType dtype = tensor.dtype;
    TWIN_CHECK(dtype == DType::kF32 || dtype == DType::kF16 || dtype == DType::kBF16);
    json[tensor.name] = {{"dtype", dtype_info(dtype).name},
                         {"shape", tensor.shape},
                         {"data_offsets", {offset, offset + tensor.bytes()}}};
    offset += tensor.bytes();
  }
  std::string text = dump_json(json);
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const uint64_t size = text.size();
  return std::string(reinterpret_cast<const char*>(&size), sizeof size) + text;
}

}  // namespace

void write_safetensors_model(Context& context, const std::filesystem::path& folder,
                             const std::vector<PlannedTensor>& tensors, size_t shard_bytes) {
  const std::vector<Shard> shards = cut(tensors, shard_bytes);
  const size_t total = total_bytes(tensors);
  const auto bar = context.progress.start("writing " + folder.filename().string(), total);
  OrderedJson places = OrderedJson::object();
  size_t done = 0;
  for (size_t i = 0; i < shards.size(); ++i) {
    const std::string name =
        shards.size() == 1 ? "model.safetensors"
                           : fmt::format("model-{:05}-of-{:05}.safetensors", i + 1, shards.size());
    AtomicFile file(folder / name);
    file.append(header(shards[i]));
    for (const PlannedTensor& tensor : shards[i]) {
      places[tensor.name] = name;
      convert(context, tensor, [&](std::string_view bytes) {
        file.append(bytes);
        bar->update(done += bytes.size(), tensor.name);
      });
    }
    file.commit();
  }
  if (shards.size() > 1) {
    const OrderedJson index = {{"metadata", {{"total_size", total}}}, {"weight_map", places}};
    write_file_atomic(folder / "model.safetensors.index.json", dump_json(index, 2) + '\n');
  }
  bar->finish();
}

}  // namespace twin
