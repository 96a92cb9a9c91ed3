#include "stores/vectors/point_payload.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/hashing.h"

namespace twin::vectors {

std::string embedded_collection(Category category) {
  return fmt::format("embedded_{}", name_of(category));
}

const std::map<std::string, std::string>& indexed_fields() {
  static const std::map<std::string, std::string> fields = {
      {"author_id", "keyword"},   {"platform", "keyword"}, {"tags", "keyword"},
      {"document_id", "keyword"}, {"date_key", "integer"},
  };
  return fields;
}

PointId point_id(std::string_view chunk_id) {
  return *PointId::from_uuid(uuid_from_name(chunk_id));
}

std::optional<int64_t> date_key(std::string_view date, char fill) {
  constexpr size_t kDigits = 14;  // YYYYMMDDhhmmss
  std::string digits;
  for (const char c : date) {
    const bool is_digit = c >= '0' && c <= '9';
    if (!is_digit && (c == '.' || c == '+' || digits.size() < 4)) break;
    if (is_digit) digits += c;
    if (digits.size() == kDigits) break;
  }
  if (digits.size() < 4) return std::nullopt;
  digits.resize(kDigits, fill);
  return std::stoll(digits);
}

Json payload_of(const VectorPoint& point, std::string_view embedder) {
  Json payload = {{"chunk_id", point.id},
                  {"document_id", point.document_id},
                  {"version", point.version},
                  {"ordinal", point.ordinal},
                  {"author_id", point.author_id},
                  {"platform", point.platform},
                  {"category", name_of(point.category)},
                  {"date", point.date},
                  {"tags", point.tags},
                  {"content_hash", point.content_hash},
                  {"embedder", embedder}};
  if (const std::optional<int64_t> key = date_key(point.date, '0')) payload["date_key"] = *key;
  return payload;
}

VectorPoint point_from_payload(const Json& payload, std::string_view where) {
  try {
    VectorPoint point;
    point.id = payload.at("chunk_id").get<std::string>();
    point.document_id = payload.at("document_id").get<std::string>();
    point.version = payload.at("version").get<int>();
    point.ordinal = payload.at("ordinal").get<size_t>();
    point.author_id = payload.at("author_id").get<std::string>();
    point.platform = payload.at("platform").get<std::string>();
    point.category = category_from_name(payload.at("category").get<std::string>());
    point.date = payload.at("date").get<std::string>();
    point.tags = payload.at("tags").get<std::vector<std::string>>();
    point.content_hash = payload.at("content_hash").get<std::string>();
    return point;
  } catch (const Json::exception& error) {
    throw Error(ErrorCode::kBadInput,
                fmt::format("{}: a point that twin did not write there: {}", where, error.what()));
  }
}

PayloadFilter payload_filter(const VectorFilter& filter) {
  PayloadFilter result;
  const auto match = [&](const char* key, const std::vector<std::string>& any_of) {
    if (any_of.empty()) return;
    Condition condition;
    condition.key = key;
    condition.values.insert(any_of.begin(), any_of.end());
    result.must.push_back(std::move(condition));
  };
  if (filter.author_id) match("author_id", {*filter.author_id});
  if (filter.platform) match("platform", {*filter.platform});
  match("tags", filter.tags);
  match("document_id", filter.document_ids);
  if (filter.date_from || filter.date_to) {
    const auto bound = [](const std::string& date, char fill) {
      const std::optional<int64_t> key = date_key(date, fill);
      if (key) return static_cast<double>(*key);
      throw Error(
          ErrorCode::kUsage,
          fmt::format("'{}' is no date; expected YYYY, YYYY-MM, YYYY-MM-DD or a time", date));
    };
    Condition condition;
    condition.kind = Condition::Kind::kRange;
    condition.key = "date_key";
    if (filter.date_from) condition.range.gte = bound(*filter.date_from, '0');
    if (filter.date_to) condition.range.lte = bound(*filter.date_to, '9');
    result.must.push_back(std::move(condition));
  }
  return result;
}

}  // namespace twin::vectors
