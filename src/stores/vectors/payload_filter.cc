#include "stores/vectors/payload_filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "stores/vectors/words_of.h"

namespace twin::vectors {
namespace {

void gather(const Json& value, std::string_view key, std::vector<Scalar>& values);

// The value itself, or each element of an array.
void gather_leaf(const Json& value, std::vector<Scalar>& values) {
  if (!value.is_array()) {
    values.push_back(scalar_of(value));
    return;
  }
  for (const Json& element : value) values.push_back(scalar_of(element));
}

void gather_member(const Json& value, std::string_view rest, bool each,
                   std::vector<Scalar>& values) {
  if (each) {
    if (!value.is_array()) return;
    for (const Json& element : value) {
      if (rest.empty()) {
        gather_leaf(element, values);
      } else {
        gather(element, rest, values);
      }
    }
  } else if (rest.empty()) {
    gather_leaf(value, values);
  } else {
    gather(value, rest, values);
  }
}

// Follows "a.b[].c" down from an object; an array on the way stands for its elements.
void gather(const Json& value, std::string_view key, std::vector<Scalar>& values) {
  if (value.is_array()) {
    for (const Json& element : value) {
      if (element.is_object()) gather(element, key, values);
    }
    return;
  }
  if (!value.is_object()) return;
  if (const auto whole = value.find(key); whole != value.end()) {
    gather_leaf(*whole, values);  // a key that has dots in it, or the last part
    return;
  }
  const size_t dot = key.find('.');
  std::string_view part = key.substr(0, dot);
  const bool each = part.ends_with("[]");
  if (each) part.remove_suffix(2);
  const auto found = value.find(part);
  if (found == value.end()) return;
  const bool last = dot == std::string_view::npos;
  if (last && !each) return;  // looked for above
  gather_member(*found, last ? std::string_view() : key.substr(dot + 1), each, values);
}

bool all_null(const std::vector<Scalar>& values) {
  return std::all_of(values.begin(), values.end(), [](const Scalar& value) {
    return std::holds_alternative<std::monostate>(value);
  });
}

std::optional<double> number_of(const Scalar& value, bool is_time) {
  if (is_time) {
    const auto* text = std::get_if<std::string>(&value);
    return text == nullptr ? std::nullopt : parse_time(*text);
  }
  if (const auto* integer = std::get_if<int64_t>(&value)) return static_cast<double>(*integer);
  if (const auto* real = std::get_if<double>(&value)) return *real;
  return std::nullopt;
}

// Whether a payload's array under `key` has an object that passes.
bool any_element_passes(const Condition& condition, const PointId& id, const Json& payload,
                        const std::set<std::string>& text_fields) {
  const Json* found = &payload;
  std::string_view key = condition.key;
  while (!key.empty()) {
    const size_t dot = key.find('.');
    std::string_view part = key.substr(0, dot);
    if (part.ends_with("[]")) part.remove_suffix(2);
    if (!found->is_object()) return false;
    const auto member = found->find(part);
    if (member == found->end()) return false;
    found = &*member;
    key = dot == std::string_view::npos ? std::string_view() : key.substr(dot + 1);
  }
  if (found->is_object()) return passes(*condition.filter, id, *found, text_fields);
  if (!found->is_array()) return false;
  return std::any_of(found->begin(), found->end(), [&](const Json& element) {
    return element.is_object() && passes(*condition.filter, id, element, text_fields);
  });
}

}  // namespace

bool Range::holds(double value) const {
  return (!gt || value > *gt) && (!gte || value >= *gte) && (!lt || value < *lt) &&
         (!lte || value <= *lte);
}

bool PayloadFilter::empty() const {
  return must.empty() && should.empty() && must_not.empty() && min_should.empty();
}

Scalar scalar_of(const Json& value) {
  switch (value.type()) {
    case Json::value_t::null:
      return std::monostate();
    case Json::value_t::boolean:
      return value.get<bool>();
    case Json::value_t::number_integer:
      return value.get<int64_t>();
    case Json::value_t::number_unsigned: {
      const auto number = value.get<uint64_t>();
      if (number > INT64_MAX) return static_cast<double>(number);
      return static_cast<int64_t>(number);
    }
    case Json::value_t::number_float:
      return value.get<double>();
    case Json::value_t::string:
      return value.get<std::string>();
    default:
      return Opaque();
  }
}

Json to_json(const Scalar& scalar) {
  struct Writer {
    Json operator()(std::monostate) const { return nullptr; }
    Json operator()(Opaque) const { return Json::object(); }
    Json operator()(bool value) const { return value; }
    Json operator()(int64_t value) const { return value; }
    Json operator()(double value) const { return value; }
    Json operator()(const std::string& value) const { return value; }
  };
  return std::visit(Writer(), scalar);
}

std::vector<Scalar> values_of(const Json& payload, std::string_view key) {
  std::vector<Scalar> values;
  gather(payload, key, values);
  return values;
}

bool is_of_values(Condition::Kind kind) {
  return kind != Condition::Kind::kHasId && kind != Condition::Kind::kNested &&
         kind != Condition::Kind::kFilter;
}

bool holds_for(const Condition& condition, const Scalar& value, bool words) {
  switch (condition.kind) {
    case Condition::Kind::kMatch:
      return condition.values.contains(value);
    case Condition::Kind::kExcept:
      return !std::holds_alternative<std::monostate>(value) &&
             !std::holds_alternative<Opaque>(value) && !condition.values.contains(value);
    case Condition::Kind::kText: {
      const auto* text = std::get_if<std::string>(&value);
      if (text == nullptr) return false;
      return words ? has_words(*text, condition.text)
                   : text->find(condition.text) != std::string::npos;
    }
    case Condition::Kind::kRange: {
      const std::optional<double> number = number_of(value, condition.range.is_time);
      return number && condition.range.holds(*number);
    }
    default:
      throw_bug("a condition on one value", __FILE__, __LINE__, condition.key);
  }
}

bool holds_for_all(const Condition& condition, const std::vector<Scalar>& values, bool words) {
  switch (condition.kind) {
    case Condition::Kind::kIsEmpty:
      return all_null(values);
    case Condition::Kind::kIsNull:
      return !values.empty() && all_null(values);
    case Condition::Kind::kValuesCount:
      return condition.range.holds(static_cast<double>(values.size()));
    default:
      return std::any_of(values.begin(), values.end(),
                         [&](const Scalar& value) { return holds_for(condition, value, words); });
  }
}

bool holds(const Condition& condition, const PointId& id, const Json& payload,
           const std::set<std::string>& text_fields) {
  switch (condition.kind) {
    case Condition::Kind::kHasId:
      return condition.ids.contains(id);
    case Condition::Kind::kFilter:
      return passes(*condition.filter, id, payload, text_fields);
    case Condition::Kind::kNested:
      return any_element_passes(condition, id, payload, text_fields);
    default:
      return holds_for_all(condition, values_of(payload, condition.key),
                           text_fields.contains(condition.key));
  }
}

bool passes(const PayloadFilter& filter, const PointId& id, const Json& payload,
            const std::set<std::string>& text_fields) {
  const auto met = [&](const Condition& condition) {
    return holds(condition, id, payload, text_fields);
  };
  if (!std::all_of(filter.must.begin(), filter.must.end(), met)) return false;
  if (std::any_of(filter.must_not.begin(), filter.must_not.end(), met)) return false;
  if (!filter.should.empty() && !std::any_of(filter.should.begin(), filter.should.end(), met)) {
    return false;
  }
  if (filter.min_should.empty()) return true;
  const auto count = std::count_if(filter.min_should.begin(), filter.min_should.end(), met);
  return static_cast<size_t>(count) >= filter.min_count;
}

}  // namespace twin::vectors
