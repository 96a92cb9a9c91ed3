#include "stores/vectors/point_id.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace twin::vectors {
namespace {

constexpr size_t kDigits = 20;  // of the largest 64-bit integer

}  // namespace

PointId PointId::from_number(uint64_t number) {
  PointId id;
  id.key_ = fmt::format("{:0{}}", number, kDigits);
  return id;
}

std::optional<PointId> PointId::from_uuid(std::string_view text) {
  if (text.starts_with("urn:uuid:")) text.remove_prefix(9);
  if (text.size() == 38 && text.front() == '{' && text.back() == '}') {
    text = text.substr(1, 36);
  }
  const bool hyphens = text.size() == 36;
  if (!hyphens && text.size() != 32) return std::nullopt;
  PointId id;
  id.key_ = "u";
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (hyphens && (i == 8 || i == 13 || i == 18 || i == 23)) {
      if (c != '-') return std::nullopt;
      continue;
    }
    const bool upper = c >= 'A' && c <= 'F';
    if (!upper && !(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f')) return std::nullopt;
    const size_t digits = id.key_.size() - 1;
    if (digits == 8 || digits == 13 || digits == 18 || digits == 23) id.key_ += '-';
    id.key_ += upper ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return id;
}

PointId PointId::from_key(std::string key) {
  PointId id;
  id.key_ = std::move(key);
  return id;
}

PointId PointId::from_json(const Json& value, std::string_view where) {
  if (value.is_number_unsigned()) return from_number(value.get<uint64_t>());
  if (value.is_number_integer() && value.get<int64_t>() >= 0) {
    return from_number(static_cast<uint64_t>(value.get<int64_t>()));
  }
  if (value.is_string()) {
    if (auto id = from_uuid(value.get_ref<const std::string&>())) return *id;
  }
  throw Error(ErrorCode::kBadInput,
              fmt::format("{}: value {} is not a valid point ID, valid values are either an "
                          "unsigned integer or a UUID",
                          where, dump_json(value)));
}

Json PointId::to_json() const {
  if (key_.starts_with('u')) return key_.substr(1);
  uint64_t number = 0;
  std::from_chars(key_.data(), key_.data() + key_.size(), number);
  return number;
}

std::string PointId::text() const {
  if (key_.starts_with('u')) return key_.substr(1);
  const size_t first = key_.find_first_not_of('0');
  return first == std::string::npos ? "0" : key_.substr(first);
}

}  // namespace twin::vectors
