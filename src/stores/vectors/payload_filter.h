#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json.h"
#include "stores/vectors/point_id.h"

namespace twin::vectors {

// An object among a payload's values: it is there, but no condition on values holds for it.
struct Opaque {
  auto operator<=>(const Opaque&) const = default;
};

// One value of a payload's field; monostate: null. A field that is an array has one per element.
using Scalar = std::variant<std::monostate, bool, int64_t, double, std::string, Opaque>;

struct Range {
  std::optional<double> gt, gte, lt, lte;
  bool is_time = false;  // bounds are seconds since 1970; values are ISO 8601 strings
  bool holds(double value) const;
};

struct PayloadFilter;

// One condition of a filter on a point's payload or id.
struct Condition {
  enum class Kind {
    kMatch,        // any value equals any of `values`
    kExcept,       // any value equals none of `values`
    kText,         // any string holds `text`: as it stands, or all its words in a text index
    kRange,        // any number (or time) lies within `range`
    kValuesCount,  // the number of values lies within `range`
    kIsEmpty,      // absent, null or []
    kIsNull,       // null
    kHasId,        // the point's id is one of `ids`
    kNested,       // one object of the array under `key` passes `filter`
    kFilter        // the point passes `filter`
  };
  Kind kind = Kind::kMatch;
  std::string key = {};  // "author_id", "metadata.source", "chunks[].id"
  std::set<Scalar> values = {};
  std::string text = {};
  Range range = {};
  std::set<PointId> ids = {};
  std::shared_ptr<const PayloadFilter> filter = {};
};

// Qdrant's filter: all of `must`, any of `should` (where there are any), none of `must_not`, and at
// least `min_count` of `min_should`. The empty filter passes every point.
struct PayloadFilter {
  std::vector<Condition> must = {};
  std::vector<Condition> should = {};
  std::vector<Condition> must_not = {};
  std::vector<Condition> min_should = {};
  size_t min_count = 0;
  bool empty() const;
};

// Reads a filter in Qdrant's JSON; null is the empty one. Errors: kBadInput naming the place
// ("filter.must[0].match") for what is not one, for conditions that are not supported (geo), and
// for more than 16 levels or 100,000 values.
PayloadFilter filter_from_json(const Json& json, std::string_view where = "filter");
// The inverse.
Json to_json(const PayloadFilter& filter);

// The values under a key of a payload; nothing where it is absent or [].
std::vector<Scalar> values_of(const Json& payload, std::string_view key);
Scalar scalar_of(const Json& value);
Json to_json(const Scalar& scalar);

// Whether the condition is one that a field's values alone decide: all but kHasId, kNested,
// kFilter.
bool is_of_values(Condition::Kind kind);
// Whether it holds for a field whose one value is `value`: of kMatch, kExcept, kText and kRange.
// `words`: the field has a text index.
bool holds_for(const Condition& condition, const Scalar& value, bool words);
// Whether it holds for a field with these values. Requires is_of_values(condition.kind).
bool holds_for_all(const Condition& condition, const std::vector<Scalar>& values, bool words);

// Whether a point passes: what every faster way is held against. `text_fields`: those with a text
// index.
bool passes(const PayloadFilter& filter, const PointId& id, const Json& payload,
            const std::set<std::string>& text_fields = {});
bool holds(const Condition& condition, const PointId& id, const Json& payload,
           const std::set<std::string>& text_fields = {});

// Seconds since 1970 of an ISO 8601 date or date-time, UTC where no offset is said.
std::optional<double> parse_time(std::string_view text);

}  // namespace twin::vectors
