#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace twin {

using Json = nlohmann::json;
// Keeps the order in which members were written or read.
using OrderedJson = nlohmann::ordered_json;

struct JsonLimits {
  size_t max_bytes = size_t{1} << 30;
  size_t max_depth = 128;
};

// Parses one JSON document. `where` names it in errors (a path, "request body").
// Errors: kBadInput with the byte offset, or with the limit that was passed.
Json parse_json(std::string_view text, std::string_view where, JsonLimits limits = {});
OrderedJson parse_ordered_json(std::string_view text, std::string_view where,
                               JsonLimits limits = {});

// Compact text of a value. Bytes that are not UTF-8 become U+FFFD, so that this never throws.
std::string dump_json(const Json& value, int indent = -1);
std::string dump_json(const OrderedJson& value, int indent = -1);

}  // namespace twin
