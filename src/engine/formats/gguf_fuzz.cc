#include "engine/formats/gguf.h"

#include <cstddef>
#include <cstdint>

#include "base/error.h"
#include "engine/formats/gguf_config.h"
#include "engine/formats/gguf_tokenizer.h"
#include "engine/tensor/blocks.h"
#include "engine/tokenizer/tokenizer_contents.h"

namespace {

template <typename Step>
void refused_or_done(const Step& step) {
  try {
    step();
  } catch (const twin::Error&) {
  }
}

}  // namespace

// Bytes are refused with an Error, or every value can be read, every tensor lies within them, and
// what they say of a model and its tokenizer is refused or taken.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  twin::GgufContents contents;
  refused_or_done([&] {
    twin::parse_gguf(bytes, "fuzz", contents);
    for (const auto& [name, tensor] : contents.tensors) {
      size_t count = 1;
      for (size_t dimension : tensor.shape) count *= dimension;
      TWIN_CHECK(tensor.bytes.data() >= bytes.data() + 24 &&
                 tensor.bytes.data() + tensor.bytes.size() <= bytes.data() + size);
      TWIN_CHECK(tensor.bytes.size() == twin::dtype_bytes(tensor.dtype, count));
      if (tensor.dtype == twin::DType::kI32 || tensor.dtype == twin::DType::kI64) continue;
      std::vector<float> values(count);
      twin::dequantize(tensor.dtype, tensor.bytes.data(), values);
    }
  });
  // Also of a file that was refused half-way: `inspect` shows what there is.
  for (const auto& entry : contents.metadata.values()) {
    const std::string& key = entry.first;
    contents.metadata.show(key);
    refused_or_done([&] { contents.metadata.numbers(key); });
    refused_or_done([&] { contents.metadata.texts(key); });
  }
  refused_or_done([&] { twin::read_gguf_config(contents.metadata, contents.tensors); });
  refused_or_done(
      [&] { twin::make_tokenizer(twin::read_gguf_tokenizer(contents.metadata), "fuzz"); });
  return 0;
}
