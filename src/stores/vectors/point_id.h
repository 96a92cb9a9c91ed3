#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"

namespace twin::vectors {

// A point's id as Qdrant has them: an unsigned integer or a UUID. Kept as a text whose byte order
// is Qdrant's: integers by value, then UUIDs.
class PointId {
 public:
  PointId() = default;
  static PointId from_number(uint64_t number);
  // Any of a UUID's usual forms; nothing where it is none.
  static std::optional<PointId> from_uuid(std::string_view text);
  // What key() gave.
  static PointId from_key(std::string key);
  // Errors: kBadInput naming `where` for what is neither.
  static PointId from_json(const Json& value, std::string_view where);

  const std::string& key() const { return key_; }
  bool empty() const { return key_.empty(); }
  Json to_json() const;
  std::string text() const;  // "17" or the UUID in lower case

  auto operator<=>(const PointId&) const = default;

 private:
  std::string key_;  // 20 digits, or 'u' and the UUID
};

}  // namespace twin::vectors
