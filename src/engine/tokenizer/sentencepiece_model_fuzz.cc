#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "engine/tokenizer/read_tokenizer.h"
#include "engine/tokenizer/tokenizer_contents.h"

// A .model is refused with an Error, or it is a tokenizer that encodes anything (here its own
// bytes) to ids that it decodes, and that can be told in GGUF's terms and made again.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::unique_ptr<twin::Tokenizer> tokenizer;
  try {
    tokenizer = twin::read_sentencepiece_model(bytes, "fuzz");
  } catch (const twin::Error&) {
    return 0;
  }
  for (const std::string_view text : {bytes, bytes.substr(size / 2)}) {
    twin::EncodeOptions options;
    options.parse_special = options.add_special_tokens = true;
    for (const twin::TokenId id : tokenizer->encode(text, options)) tokenizer->token_bytes(id);
    tokenizer->decode(tokenizer->encode(text));
  }
  try {
    twin::make_tokenizer(tokenizer->contents(), "contents")->json();
  } catch (const twin::Error&) {
  }
  return 0;
}
