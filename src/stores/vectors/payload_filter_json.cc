#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "stores/vectors/payload_filter.h"

namespace twin::vectors {
namespace {

constexpr size_t kMaxDepth = 16;
constexpr size_t kMaxValues = 100'000;

[[noreturn]] void fail(const std::string& where, const std::string& what) {
  throw Error(ErrorCode::kBadInput, fmt::format("{}: {}", where, what));
}

class Reader {
 public:
  PayloadFilter filter(const Json& json, const std::string& where, size_t depth) {
    if (json.is_null()) return {};
    if (depth > kMaxDepth) fail(where, fmt::format("nested deeper than {} levels", kMaxDepth));
    if (!json.is_object()) fail(where, "expected an object with must, should or must_not");
    PayloadFilter filter;
    for (const auto& [name, value] : json.items()) {
      const std::string place = where + '.' + name;
      if (name == "must") {
        filter.must = conditions(value, place, depth);
      } else if (name == "should") {
        filter.should = conditions(value, place, depth);
      } else if (name == "must_not") {
        filter.must_not = conditions(value, place, depth);
      } else if (name == "min_should") {
        if (value.is_null()) continue;
        if (!value.is_object() || !value.contains("conditions")) {
          fail(place, "expected {\"conditions\": [...], \"min_count\": N}");
        }
        filter.min_should = conditions(value["conditions"], place + ".conditions", depth);
        filter.min_count = count(value.value("min_count", Json(0)), place + ".min_count");
      } else {
        fail(place, "unknown; a filter has must, should, must_not and min_should");
      }
    }
    return filter;
  }

 private:
  void take(size_t more, const std::string& where) {
    values_ += more;
    if (values_ > kMaxValues) fail(where, fmt::format("more than {} values", kMaxValues));
  }

  std::vector<Condition> conditions(const Json& json, const std::string& where, size_t depth) {
    std::vector<Condition> list;
    if (json.is_null()) return list;
    if (json.is_object()) {
      list.push_back(condition(json, where, depth));
      return list;
    }
    if (!json.is_array()) fail(where, "expected a condition or a list of them");
    for (size_t i = 0; i < json.size(); ++i) {
      list.push_back(condition(json[i], fmt::format("{}[{}]", where, i), depth));
    }
    return list;
  }

  static size_t count(const Json& json, const std::string& where) {
    if (!json.is_number_integer() || json.get<int64_t>() < 0) fail(where, "expected a count");
    return json.get<size_t>();
  }

  static std::string text(const Json& json, const std::string& where) {
    if (!json.is_string()) fail(where, "expected a string");
    return json.get<std::string>();
  }

  Condition condition(const Json& json, const std::string& where, size_t depth) {
    take(1, where);
    if (!json.is_object()) fail(where, "expected a condition");
    Condition result;
    if (json.contains("has_id")) {
      const Json& ids = json["has_id"];
      if (!ids.is_array()) fail(where + ".has_id", "expected a list of ids");
      take(ids.size(), where);
      result.kind = Condition::Kind::kHasId;
      for (const Json& id : ids) result.ids.insert(PointId::from_json(id, where + ".has_id"));
      return result;
    }
    for (const char* name : {"is_empty", "is_null"}) {
      if (!json.contains(name) || !json[name].is_object()) continue;
      result.kind = name == std::string_view("is_empty") ? Condition::Kind::kIsEmpty
                                                         : Condition::Kind::kIsNull;
      result.key = text(json[name].value("key", Json()), where + '.' + name + ".key");
      return result;
    }
    if (json.contains("nested")) {
      const Json& nested = json["nested"];
      const std::string place = where + ".nested";
      if (!nested.is_object()) fail(place, "expected {\"key\": ..., \"filter\": ...}");
      result.kind = Condition::Kind::kNested;
      result.key = text(nested.value("key", Json()), place + ".key");
      result.filter = std::make_shared<PayloadFilter>(
          filter(nested.value("filter", Json()), place + ".filter", depth + 1));
      return result;
    }
    if (!json.contains("key")) {
      result.kind = Condition::Kind::kFilter;
      result.filter = std::make_shared<PayloadFilter>(filter(json, where, depth + 1));
      return result;
    }
    result.key = text(json["key"], where + ".key");
    if (result.key.empty() || result.key.size() > 1024) fail(where + ".key", "expected a name");
    return on_key(json, where, std::move(result));
  }

  Condition on_key(const Json& json, const std::string& where, Condition result) {
    if (const auto match = json.find("match"); match != json.end() && !match->is_null()) {
      return read_match(*match, where + ".match", std::move(result));
    }
    for (const auto& [name, kind] : {std::pair{"range", Condition::Kind::kRange},
                                     std::pair{"values_count", Condition::Kind::kValuesCount}}) {
      const auto range = json.find(name);
      if (range == json.end() || range->is_null()) continue;
      result.kind = kind;
      result.range = read_range(*range, where + '.' + name);
      return result;
    }
    for (const auto& [name, kind] : {std::pair{"is_empty", Condition::Kind::kIsEmpty},
                                     std::pair{"is_null", Condition::Kind::kIsNull}}) {
      const auto flag = json.find(name);
      if (flag == json.end() || flag->is_null()) continue;
      if (!flag->is_boolean()) fail(where + '.' + name, "expected true or false");
      result.kind = kind;
      if (flag->get<bool>()) return result;
      Condition negated;
      negated.kind = Condition::Kind::kFilter;
      PayloadFilter inner;
      inner.must_not = {std::move(result)};
      negated.filter = std::make_shared<PayloadFilter>(std::move(inner));
      return negated;
    }
    fail(where,
         "expected match, range, values_count, is_empty or is_null beside 'key' (geo "
         "conditions are not supported)");
  }

  Condition read_match(const Json& match, const std::string& where, Condition result) {
    if (!match.is_object()) fail(where, "expected an object");
    if (match.contains("value")) {
      result.kind = Condition::Kind::kMatch;
      result.values.insert(plain(match["value"], where + ".value"));
    } else if (match.contains("text")) {
      result.kind = Condition::Kind::kText;
      result.text = text(match["text"], where + ".text");
    } else {
      const bool any = match.contains("any");
      if (!any && !match.contains("except")) {
        fail(where, "expected one of value, any, except and text");
      }
      const Json& list = match[any ? "any" : "except"];
      if (!list.is_array()) fail(where, "expected a list of values");
      take(list.size(), where);
      result.kind = any ? Condition::Kind::kMatch : Condition::Kind::kExcept;
      for (const Json& value : list) result.values.insert(plain(value, where));
    }
    return result;
  }

  static Scalar plain(const Json& json, const std::string& where) {
    if (!json.is_string() && !json.is_boolean() && !json.is_number_integer()) {
      fail(where, "expected a string, an integer, true or false");
    }
    return scalar_of(json);
  }

  static Range read_range(const Json& json, const std::string& where) {
    if (!json.is_object()) fail(where, "expected an object with gt, gte, lt or lte");
    Range range;
    bool numbers = false;
    for (const auto& [name, value] : json.items()) {
      const std::string place = where + '.' + name;
      std::optional<double>* bound = name == "gt"    ? &range.gt
                                     : name == "gte" ? &range.gte
                                     : name == "lt"  ? &range.lt
                                     : name == "lte" ? &range.lte
                                                     : nullptr;
      if (bound == nullptr) fail(place, "unknown; a range has gt, gte, lt and lte");
      if (value.is_null()) continue;
      if (value.is_number()) {
        numbers = true;
        *bound = value.get<double>();
      } else if (value.is_string()) {
        range.is_time = true;
        *bound = parse_time(value.get<std::string>());
        if (!*bound) fail(place, "expected a number or an ISO 8601 time");
      } else {
        fail(place, "expected a number or an ISO 8601 time");
      }
    }
    if (numbers && range.is_time) fail(where, "numbers and times in one range");
    return range;
  }

  size_t values_ = 0;
};

Json list_of(const std::set<Scalar>& values) {
  Json list = Json::array();
  for (const Scalar& value : values) list.push_back(to_json(value));
  return list;
}

std::string time_text(double seconds) {
  const auto whole =
      std::chrono::sys_seconds(std::chrono::seconds(static_cast<int64_t>(std::floor(seconds))));
  const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(whole));
  const auto of_day = (whole - std::chrono::floor<std::chrono::days>(whole)).count();
  const auto micro = static_cast<int64_t>((seconds - std::floor(seconds)) * 1e6 + 0.5);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(day.year()),
                     static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()),
                     of_day / 3600, of_day / 60 % 60, of_day % 60,
                     std::min<int64_t>(micro, 999999));
}

Json range_json(const Range& range) {
  Json json = Json::object();
  const auto put = [&](const char* name, const std::optional<double>& bound) {
    if (!bound) return;
    if (range.is_time) {
      json[name] = time_text(*bound);
    } else if (*bound == std::floor(*bound) && std::abs(*bound) < 9e15) {
      json[name] = static_cast<int64_t>(*bound);
    } else {
      json[name] = *bound;
    }
  };
  put("gt", range.gt);
  put("gte", range.gte);
  put("lt", range.lt);
  put("lte", range.lte);
  return json;
}

Json condition_json(const Condition& c) {
  switch (c.kind) {
    case Condition::Kind::kMatch:
      if (c.values.size() == 1) {
        return {{"key", c.key}, {"match", {{"value", to_json(*c.values.begin())}}}};
      }
      return {{"key", c.key}, {"match", {{"any", list_of(c.values)}}}};
    case Condition::Kind::kExcept:
      return {{"key", c.key}, {"match", {{"except", list_of(c.values)}}}};
    case Condition::Kind::kText:
      return {{"key", c.key}, {"match", {{"text", c.text}}}};
    case Condition::Kind::kRange:
      return {{"key", c.key}, {"range", range_json(c.range)}};
    case Condition::Kind::kValuesCount:
      return {{"key", c.key}, {"values_count", range_json(c.range)}};
    case Condition::Kind::kIsEmpty:
      return {{"is_empty", {{"key", c.key}}}};
    case Condition::Kind::kIsNull:
      return {{"is_null", {{"key", c.key}}}};
    case Condition::Kind::kHasId: {
      Json ids = Json::array();
      for (const PointId& id : c.ids) ids.push_back(id.to_json());
      return {{"has_id", ids}};
    }
    case Condition::Kind::kNested:
      return {{"nested", {{"key", c.key}, {"filter", to_json(*c.filter)}}}};
    case Condition::Kind::kFilter:
      return to_json(*c.filter);
  }
  return {};
}

Json conditions_json(const std::vector<Condition>& conditions) {
  Json list = Json::array();
  for (const Condition& condition : conditions) list.push_back(condition_json(condition));
  return list;
}

}  // namespace

PayloadFilter filter_from_json(const Json& json, std::string_view where) {
  return Reader().filter(json, std::string(where), 1);
}

Json to_json(const PayloadFilter& filter) {
  Json json = Json::object();
  if (!filter.must.empty()) json["must"] = conditions_json(filter.must);
  if (!filter.should.empty()) json["should"] = conditions_json(filter.should);
  if (!filter.must_not.empty()) json["must_not"] = conditions_json(filter.must_not);
  if (!filter.min_should.empty()) {
    json["min_should"] = {{"conditions", conditions_json(filter.min_should)},
                          {"min_count", filter.min_count}};
  }
  return json;
}

}  // namespace twin::vectors
