#include <cstdint>

#include "base/error.h"
#include "domain/masking.h"
#include "text/private_data.h"

// Any bytes, as a post and as a letter: spans are in order, apart and within the text, and a mask
// stands for each.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const bool letter : {false, true}) {
    const auto spans =
        twin::find_private_data(text, {.letter = letter, .own_name = "Ada Lovelace"});
    size_t end = 0, masks = 0;
    for (const twin::PrivateSpan& span : spans) {
      TWIN_CHECK(span.range.begin >= end && span.range.end > span.range.begin);
      end = span.range.end;
      TWIN_CHECK(end <= size && span.masked);
      masks += twin::mask_of(span.kind).size();
    }
    const std::string shown = twin::masked(text, {0, size}, spans);
    TWIN_CHECK(shown.size() >= masks);
  }
  return 0;
}
