#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "text/front_matter.h"

// Front matter of any bytes: its range lies in the text, its values within the limit.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const twin::FrontMatter front = twin::front_matter(bytes);
  if (front.range.end > size || front.range.begin != 0) std::abort();
  size_t values = 0;
  for (const auto& [key, list] : front.values) values += list.size();
  if (values > 1000) std::abort();
  for (const char* name : {"a.toml", "a.json", "a.yml"}) {
    try {
      twin::read_values(bytes, name);
    } catch (const twin::Error&) {
    }
  }
  return 0;
}
