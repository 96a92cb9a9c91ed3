#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "engine/tokenizer/read_tokenizer.h"

// A tokenizer.json is refused with an Error, or it is one: whatever it is asked to encode (here its
// own text) comes back, but for the space it may put in front.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::unique_ptr<twin::Tokenizer> tokenizer;
  try {
    tokenizer = twin::read_tokenizer_json(bytes, "fuzz");
  } catch (const twin::Error&) {
    return 0;
  }
  for (const std::string_view text : {bytes, bytes.substr(0, 1), bytes.substr(size / 2)}) {
    const std::string decoded = tokenizer->decode(tokenizer->encode(text));
    TWIN_CHECK(decoded == text || decoded == ' ' + std::string(text));
  }
  return 0;
}
