#include <cstdint>

#include "base/error.h"
#include "training/datasets/read_examples.h"

// Any bytes are read as samples or refused, as lines and as a document.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const bool lines : {true, false}) {
    try {
      const twin::ExampleFile file = twin::parse_examples(text, "fuzz", lines, {4096});
      TWIN_CHECK(!file.examples.empty());
    } catch (const twin::Error& error) {
      TWIN_CHECK(error.code() == twin::ErrorCode::kBadInput);
    }
  }
  return 0;
}
