#include "engine/formats/gguf_writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "engine/formats/gguf.h"

namespace twin {
namespace {

template <typename T>
void put(std::string& bytes, T value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void put_text(std::string& bytes, std::string_view text) {
  put(bytes, static_cast<uint64_t>(text.size()));
  bytes += text;
}

std::string padding(size_t size, size_t alignment) {
  return std::string((alignment - size % alignment) % alignment, '\0');
}

std::string header(const GgufMetadata& metadata, const std::vector<PlannedTensor>& tensors,
                   size_t alignment) {
  std::string bytes = "GGUF";
  put(bytes, uint32_t{3});
  put(bytes, static_cast<uint64_t>(tensors.size()));
  put(bytes, static_cast<uint64_t>(metadata.values().size()));
  const auto put_value = [&](const std::string& key, const GgufMetadata::Value& value) {
    put_text(bytes, key);
    put(bytes, static_cast<uint32_t>(value.type));
    bytes += value.bytes;
  };
  // Readers want to know first what the other keys belong to.
  const std::string first = "general.architecture";
  if (metadata.has(first)) put_value(first, metadata.values().at(first));
  for (const auto& [key, value] : metadata.values()) {
    if (key != first) put_value(key, value);
  }
  uint64_t offset = 0;
  for (const PlannedTensor& tensor : tensors) {
    put_text(bytes, tensor.name);
    put(bytes, static_cast<uint32_t>(tensor.shape.size()));
    for (auto d = tensor.shape.rbegin(); d != tensor.shape.rend(); ++d) {
      put(bytes, static_cast<uint64_t>(*d));
    }
    put(bytes, gguf_tensor_type(tensor.dtype));
    put(bytes, offset);
    offset += (tensor.bytes() + alignment - 1) / alignment * alignment;
  }
  return bytes + padding(bytes.size(), alignment);
}

}  // namespace

void write_gguf(Context& context, const std::filesystem::path& path, const GgufMetadata& metadata,
                const std::vector<PlannedTensor>& tensors) {
  const size_t alignment = metadata.size_or("general.alignment", 32);
  const auto bar =
      context.progress.start("writing " + path.filename().string(), total_bytes(tensors));
  AtomicFile file(path);
  file.append(header(metadata, tensors, alignment));
  size_t done = 0;
  for (const PlannedTensor& tensor : tensors) {
    convert(context, tensor, [&](std::string_view bytes) {
      file.append(bytes);
      bar->update(done += bytes.size(), tensor.name);
    });
    file.append(padding(tensor.bytes(), alignment));
  }
  file.commit();
  bar->finish();
}

void fill_gguf_text(const std::filesystem::path& path, const std::string& key,
                    std::string_view text) {
  const std::string kept = GgufFile(path).metadata().text_or(key, "");
  if (text.size() > kept.size()) {
    throw Error(ErrorCode::kFailed, fmt::format("{}: {} takes {} bytes, there is room for {}",
                                                path.string(), key, text.size(), kept.size()));
  }
  std::string before;
  put_text(before, key);
  put(before, static_cast<uint32_t>(GgufType::kString));
  put_text(before, kept);
  const size_t at = MappedFile(path).bytes().find(before);
  TWIN_CHECK(at != std::string_view::npos);
  std::string filled(text);
  filled.resize(kept.size(), ' ');
  overwrite_file(path, at + before.size() - kept.size(), filled);
}

}  // namespace twin
