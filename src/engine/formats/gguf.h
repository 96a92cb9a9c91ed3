#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "engine/formats/gguf_metadata.h"
#include "engine/tensor/tensor.h"

namespace twin {

// What one GGUF file holds. Tensor shapes are row-major (the file's order reversed); bytes are
// views of what was parsed.
struct GgufContents {
  uint32_t version = 0;
  GgufMetadata metadata{"GGUF"};
  std::map<std::string, TensorView> tensors;
};

// Parses version 2 or 3, little-endian, and checks all of it against the bytes: counts before
// memory is taken, lengths, alignment, offsets, overlaps, double names. Hostile input. `contents`
// holds what was read so far where this throws. Errors: kBadInput naming `where`, the byte offset
// and what is wrong. Source: github.com/ggml-org/ggml, docs/gguf.md (docs/formats/gguf.md here).
void parse_gguf(std::string_view bytes, const std::string& where, GgufContents& contents);

// A memory-mapped GGUF file; of a split one ("-00001-of-00003.gguf") all files, given any of them.
class GgufFile {
 public:
  explicit GgufFile(const std::filesystem::path& path);
  const GgufMetadata& metadata() const { return contents_.metadata; }
  const std::map<std::string, TensorView>& tensors() const { return contents_.tensors; }
  void prefetch() const {
    for (const MappedFile& file : files_) file.prefetch();
  }

 private:
  std::vector<MappedFile> files_;
  GgufContents contents_;
};

// GGUF's number of a type, and its name there. Requires a type that GGUF can hold.
uint32_t gguf_tensor_type(DType dtype);

}  // namespace twin
