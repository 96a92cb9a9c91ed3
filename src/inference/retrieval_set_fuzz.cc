#include <cstdint>

#include "base/error.h"
#include "inference/retrieval_set.h"

namespace {

template <class Read>
void check(const Read& read) {
  try {
    read();
  } catch (const twin::Error& error) {
    TWIN_CHECK(error.code() == twin::ErrorCode::kBadInput);
  }
}

}  // namespace

// Any bytes are texts and judgements, or refused as bad input.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check([&] {
    for (const twin::RetrievalSet::Text& text : twin::read_set_texts(bytes, "fuzz")) {
      TWIN_CHECK(!text.id.empty());
    }
  });
  check([&] {
    for (const auto& [query, documents] : twin::read_judgements(bytes, "fuzz")) {
      TWIN_CHECK(!documents.empty());
    }
  });
  return 0;
}
