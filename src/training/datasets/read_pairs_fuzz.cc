#include <cstdint>

#include "base/error.h"
#include "training/datasets/read_pairs.h"

// Any bytes are read as pairs or refused, as lines and as a document.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const bool lines : {true, false}) {
    try {
      const twin::PairFile file = twin::parse_pairs(text, "fuzz", lines, {4096});
      TWIN_CHECK(file.chosen.examples.size() == file.rejected.examples.size());
    } catch (const twin::Error& error) {
      TWIN_CHECK(error.code() == twin::ErrorCode::kBadInput);
    }
  }
  return 0;
}
