#include <cstdint>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json.h"
#include "collection/warehouse.h"
#include "stores/documents/warehouse_document.h"
#include "text/unicode.h"

namespace {

void check(twin::Category category, std::string_view element) {
  try {
    const twin::RawDocument document = twin::read_warehouse_document(category, element);
    TWIN_CHECK(document.raw == element && !document.verbatim.empty() && !document.id.empty());
    TWIN_CHECK(twin::is_valid_utf8(document.verbatim));
  } catch (const twin::Error& error) {
    TWIN_CHECK(error.code() == twin::ErrorCode::kBadInput);
  }
}

}  // namespace

// Any bytes are no list or a list of elements, each of which is a document or refused. The elements
// are found by their bytes: they must be what a JSON parser finds.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    const twin::Json list = twin::parse_json(bytes, "fuzz");
    if (!list.is_array()) return 0;
    const std::vector<std::string_view> elements = twin::list_elements(bytes);
    TWIN_CHECK(elements.size() == list.size());
    for (size_t i = 0; i < elements.size(); ++i) {
      TWIN_CHECK(twin::parse_json(elements[i], "element") == list[i]);
      check(twin::Category::kArticles, elements[i]);
      check(twin::Category::kPosts, elements[i]);
      check(twin::Category::kRepositories, elements[i]);
    }
  } catch (const twin::Error& error) {
    TWIN_CHECK(error.code() == twin::ErrorCode::kBadInput);
  }
  return 0;
}
