#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "engine/tokenizer/read_tokenizer.h"
#include "engine/tokenizer/tokenizer_contents.h"

// A tokenizer.json is refused with an Error, or it is a tokenizer that encodes anything (here its
// own text) to ids that it decodes, and whose contents, if GGUF has a form for it, make another. A
// pattern that takes too many steps back is an Error as well.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    const auto tokenizer = twin::read_tokenizer_json(bytes, "fuzz");
    for (const std::string_view text : {bytes, bytes.substr(0, 1), bytes.substr(size / 2)}) {
      twin::EncodeOptions options;
      options.parse_special = options.add_special_tokens = true;
      for (const twin::TokenId id : tokenizer->encode(text, options)) tokenizer->token_bytes(id);
      tokenizer->decode(tokenizer->encode(text));
    }
    twin::make_tokenizer(tokenizer->contents(), "contents")->json();
  } catch (const twin::Error&) {
  }
  return 0;
}
