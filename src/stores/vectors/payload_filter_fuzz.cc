#include "stores/vectors/payload_filter.h"

#include <cstdint>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json.h"
#include "stores/vectors/collection_index.h"

namespace {

using namespace twin;
using namespace twin::vectors;

// A filter says the same of a payload whether it is asked directly, through indexed fields, or
// after a way through its own JSON.
void check(const Json& filter_json, const Json& payload) {
  const PayloadFilter filter = filter_from_json(filter_json);
  const PointId id = PointId::from_number(7);
  const bool expected = passes(filter, id, payload);
  // A range without bounds says no longer whether it is of times: written out only where it has.
  const PayloadFilter again = filter_from_json(to_json(filter));
  TWIN_CHECK(to_json(again) == to_json(filter));
  std::map<std::string, std::string> fields;
  if (payload.is_object()) {
    for (const auto& [key, value] : payload.items()) fields.emplace(key, "keyword");
  }
  CollectionIndex index(1, Distance::kDot, fields);
  const float vector = 1;
  index.append(1, {&vector, 1}, payload);
  const Bitmap passing = index.passing(
      filter, [&](const Condition& condition) { return Bitmap(1, holds(condition, id, payload)); });
  TWIN_CHECK(passing.test(0) == expected);
}

}  // namespace

// The first line is a filter, the rest a payload.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t line = std::min(text.find('\n'), text.size());
  try {
    const Json filter = parse_json(text.substr(0, line), "fuzz", {.max_depth = 64});
    const Json payload = line == text.size()
                             ? Json::object()
                             : parse_json(text.substr(line + 1), "fuzz", {.max_depth = 64});
    check(filter, payload);
  } catch (const Error& error) {
    TWIN_CHECK(error.code() == ErrorCode::kBadInput, error.what());
  }
  return 0;
}
