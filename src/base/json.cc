#include "base/json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace twin {
namespace {

template <class J>
J parse(std::string_view text, std::string_view where, JsonLimits limits) {
  if (text.size() > limits.max_bytes) {
    throw Error(ErrorCode::kBadInput, fmt::format("{}: {} bytes of JSON, more than the limit of {}",
                                                  where, text.size(), limits.max_bytes));
  }
  // The parser would take it for the end of the text and whatever follows for nothing.
  if (const size_t zero = text.find('\0'); zero != std::string_view::npos) {
    throw Error(ErrorCode::kBadInput,
                fmt::format("{}: not valid JSON: a zero byte at byte {}", where, zero));
  }
  const auto check_depth = [&](int outer, typename J::parse_event_t event, J&) {
    const bool opens =
        event == J::parse_event_t::object_start || event == J::parse_event_t::array_start;
    if (opens && static_cast<size_t>(outer) >= limits.max_depth) {
      throw Error(ErrorCode::kBadInput, fmt::format("{}: JSON nested deeper than the limit of {}",
                                                    where, limits.max_depth));
    }
    return true;
  };
  try {
    return J::parse(text.begin(), text.end(), check_depth);
  } catch (const nlohmann::json::exception& error) {
    // Without the library's own "[json.exception.parse_error.101] ".
    std::string_view what = error.what();
    if (const size_t end = what.find("] "); what.starts_with('[') && end != what.npos) {
      what.remove_prefix(end + 2);
    }
    throw Error(ErrorCode::kBadInput, fmt::format("{}: not valid JSON: {}", where, what));
  }
}

template <class J>
std::string dump(const J& value, int indent) {
  return value.dump(indent, ' ', false, J::error_handler_t::replace);
}

}  // namespace

Json parse_json(std::string_view text, std::string_view where, JsonLimits limits) {
  return parse<Json>(text, where, limits);
}

OrderedJson parse_ordered_json(std::string_view text, std::string_view where, JsonLimits limits) {
  return parse<OrderedJson>(text, where, limits);
}

std::string dump_json(const Json& value, int indent) { return dump(value, indent); }
std::string dump_json(const OrderedJson& value, int indent) { return dump(value, indent); }

}  // namespace twin
