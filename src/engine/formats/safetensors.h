#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "engine/tensor/tensor.h"

namespace twin {

// A memory-mapped safetensors file. Hostile input: header size, offsets, overlaps, shapes and types
// are all checked. Errors: kBadInput naming the file, the tensor and what is wrong.
// Source: the format's README, github.com/huggingface/safetensors.
class SafetensorsFile {
 public:
  explicit SafetensorsFile(const std::filesystem::path& path);
  const std::map<std::string, TensorView>& tensors() const { return tensors_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  void prefetch() const { file_.prefetch(); }

 private:
  MappedFile file_;
  std::map<std::string, TensorView> tensors_;
  std::map<std::string, std::string> metadata_;
};

// Parses a header and checks it against the file's bytes: what SafetensorsFile does, on bytes.
void parse_safetensors(std::string_view bytes, std::string_view where,
                       std::map<std::string, TensorView>& tensors,
                       std::map<std::string, std::string>& metadata);

// Converts F32, F16 or BF16 to f32. Requires as many values as out.size().
void read_as_f32(const TensorView& tensor, std::span<float> out);

struct TensorToWrite {
  std::string name;
  std::vector<size_t> shape;
  std::span<const float> values;
  std::span<const uint8_t> bytes = {};  // instead of values: a tensor of U8
};
// F32 or U8, replaced atomically.
void write_safetensors(const std::filesystem::path& path, std::span<const TensorToWrite> tensors,
                       const std::map<std::string, std::string>& metadata = {{"format", "pt"}});

}  // namespace twin
