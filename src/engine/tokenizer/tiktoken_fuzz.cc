#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "engine/tokenizer/read_tokenizer.h"

// A list of ranks is refused with an Error, or it is a tokenizer from which any bytes come back.
// The 256 bytes are put in front of half of the inputs: few would hold them all by chance.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::string ranks;
  if (size % 2 == 0) {
    constexpr std::string_view kAlphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t byte = 0; byte < 256; ++byte) {
      ranks += kAlphabet[byte >> 2];
      ranks += kAlphabet[(byte & 3) << 4];
      ranks += "== " + std::to_string(byte) + '\n';
    }
  }
  ranks += bytes;
  std::unique_ptr<twin::Tokenizer> tokenizer;
  try {
    tokenizer = twin::read_tiktoken(ranks, "cl100k_base", "fuzz");
  } catch (const twin::Error&) {
    return 0;
  }
  TWIN_CHECK(tokenizer->decode(tokenizer->encode(bytes)) == bytes);
  return 0;
}
