#include "inference/qdrant_points.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "inference/qdrant_requests.h"

namespace twin::qdrant {
namespace {

using vectors::PayloadFilter;
using vectors::PointId;

constexpr size_t kBatch = 1000;  // points rewritten at a time

class PointOperations {
 public:
  PointOperations(VectorCollections& collections, const std::string& name,
                  const std::string& method, const Json& body)
      : store_(collections), name_(name), method_(method), body_(body) {}

  Json result(std::span<const std::string> path) {
    const std::string what = fmt::format("{}", fmt::join(path, "/"));
    if (what.empty() && method_ == "PUT") return upsert(body_);
    if (what.empty() && method_ == "POST") return retrieve();
    if (path.size() == 1 && method_ == "GET") return one_point(path[0]);
    if (method_ == "PUT") {
      if (what == "payload") return overwrite_payload(body_);
      if (what == "vectors") return update_vectors();
    }
    if (method_ != "POST") no_route(what);
    if (what == "delete") return remove(body_);
    if (what == "search") return search(body_, member(body_, "vector"));
    if (what == "search/batch") return searches(&PointOperations::search_one);
    if (what == "query") return query(body_);
    if (what == "query/batch") return searches(&PointOperations::query);
    if (what == "scroll") return scroll();
    if (what == "count") {
      return {{"count", store_.count(name_, filter_of(body_))}};
    }
    if (what == "payload") return set_payload(body_);
    if (what == "payload/delete") return delete_payload(body_);
    if (what == "payload/clear") return clear_payload(body_);
    if (what == "batch") return operations();
    no_route(what);
  }

 private:
  static PayloadFilter filter_of(const Json& body) {
    return vectors::filter_from_json(member(body, "filter"));
  }

  Json upsert(const Json& body) {
    CollectionChange change{name_, {}, read_points(body)};
    store_.change(std::span(&change, 1));
    return done();
  }

  Json retrieve() const {
    const PartsWanted wanted = read_parts(body_, true);
    const std::vector<PointId> ids = read_ids(member(body_, "ids"), "ids");
    Json list = Json::array();
    for (const CollectionPoint& point : store_.get(name_, ids, wanted.parts())) {
      list.push_back(record_json(point, wanted));
    }
    return list;
  }

  Json one_point(const std::string& text) const {
    const bool digits = text.size() < 20 && text.find_first_not_of("0123456789") == text.npos;
    const PointId id = PointId::from_json(digits ? Json(std::stoull(text)) : Json(text), "id");
    const PartsWanted wanted = read_parts({{"with_vector", true}}, true);
    const auto found = store_.get(name_, std::span(&id, 1), wanted.parts());
    if (found.empty()) {
      throw Refusal{404, fmt::format("Not found: Point with id {} does not exists!", text)};
    }
    return record_json(found[0], wanted);
  }

  // The ids that "points" or "filter" (or a bare list or filter, as a batch may have) select.
  std::vector<PointId> selected(const Json& selector) const {
    if (selector.is_array()) return read_ids(selector, "points");
    if (!member(selector, "points").is_null()) return read_ids(selector["points"], "points");
    if (!selector.contains("filter")) {
      throw Error(ErrorCode::kBadInput, "expected 'points' (a list of ids) or 'filter'");
    }
    return store_.ids(name_, filter_of(selector));
  }

  Json remove(const Json& selector) {
    CollectionChange change{name_, selected(selector), {}};
    store_.change(std::span(&change, 1));
    return done();
  }

  // Rewrites the points' payloads, some at a time.
  Json edit(const std::vector<PointId>& ids, const std::function<void(Json&)>& how) {
    for (size_t begin = 0; begin < ids.size(); begin += kBatch) {
      const auto some = std::span(ids).subspan(begin, std::min(kBatch, ids.size() - begin));
      CollectionChange change{
          name_, {}, store_.get(name_, some, {.payload = true, .vector = true})};
      for (CollectionPoint& point : change.upsert) {
        Json payload = parse_json(point.payload, "vector store");
        how(payload);
        point.payload = dump_json(payload);
      }
      store_.change(std::span(&change, 1));
    }
    return done();
  }

  static const Json& payload_object(const Json& body) {
    const Json& payload = member(body, "payload");
    if (!payload.is_object()) throw Error(ErrorCode::kBadInput, "payload: expected an object");
    return payload;
  }

  Json set_payload(const Json& body) {
    const Json& payload = payload_object(body);
    if (!member(body, "key").is_null()) {
      throw Error(ErrorCode::kBadInput, "key: setting a nested field is not supported");
    }
    return edit(selected(body), [&](Json& old) { old.update(payload); });
  }

  Json overwrite_payload(const Json& body) {
    const Json& payload = payload_object(body);
    return edit(selected(body), [&](Json& old) { old = payload; });
  }

  Json delete_payload(const Json& body) {
    const Json& keys = member(body, "keys");
    if (!keys.is_array()) throw Error(ErrorCode::kBadInput, "keys: expected a list of fields");
    return edit(selected(body), [&](Json& old) {
      for (const Json& key : keys) {
        if (key.is_string()) old.erase(key.get_ref<const std::string&>());
      }
    });
  }

  Json clear_payload(const Json& body) {
    return edit(selected(body), [](Json& old) { old = Json::object(); });
  }

  Json update_vectors() {
    std::vector<CollectionPoint> points = read_points(body_);
    std::vector<PointId> ids;
    for (const CollectionPoint& point : points) ids.push_back(point.id);
    std::map<PointId, std::string> payloads;
    for (CollectionPoint& point : store_.get(name_, ids, {})) {
      payloads.emplace(point.id, std::move(point.payload));
    }
    CollectionChange change{name_, {}, {}};
    for (CollectionPoint& point : points) {
      const auto payload = payloads.find(point.id);
      if (payload == payloads.end()) {
        throw Refusal{404, fmt::format("Not found: No point with id {} found", point.id.text())};
      }
      point.payload = payload->second;
      change.upsert.push_back(std::move(point));
    }
    store_.change(std::span(&change, 1));
    return done();
  }

  Json operations() {
    const Json& list = member(body_, "operations");
    if (!list.is_array()) throw Error(ErrorCode::kBadInput, "operations: expected a list");
    using Operation = Json (PointOperations::*)(const Json&);
    const std::map<std::string, Operation> known = {
        {"upsert", &PointOperations::upsert},
        {"delete", &PointOperations::remove},
        {"delete_points", &PointOperations::remove},
        {"set_payload", &PointOperations::set_payload},
        {"overwrite_payload", &PointOperations::overwrite_payload},
        {"delete_payload", &PointOperations::delete_payload},
        {"clear_payload", &PointOperations::clear_payload}};
    Json results = Json::array();
    for (const Json& operation : list) {
      if (!operation.is_object() || operation.size() != 1 ||
          !known.contains(operation.begin().key())) {
        throw Error(ErrorCode::kBadInput, "operations: expected upsert, delete or a payload's");
      }
      results.push_back((this->*known.at(operation.begin().key()))(operation.begin().value()));
    }
    return results;
  }

  Json search_one(const Json& body) { return search(body, member(body, "vector")); }

  Json searches(Json (PointOperations::*one)(const Json&)) {
    const Json& list = member(body_, "searches");
    if (!list.is_array()) throw Error(ErrorCode::kBadInput, "searches: expected a list");
    Json results = Json::array();
    for (const Json& search : list) {
      if (!search.is_object()) throw Error(ErrorCode::kBadInput, "searches: expected objects");
      results.push_back((this->*one)(search));
    }
    return results;
  }

  Json search(const Json& body, const Json& given) const {
    const PartsWanted wanted = read_parts(body, false);
    const size_t limit = count_member(body, "limit", 10, 1);
    const size_t offset = count_member(body, "offset", 0, 0);
    CollectionQuery query;
    const bool named = given.is_object() && given.contains("vector");
    if (named && member(given, "name") != "") {
      throw Error(ErrorCode::kBadInput, "vector.name: named vectors are not supported");
    }
    query.vector = read_vector(named ? given["vector"] : given, "vector");
    query.k = limit + offset;
    query.filter = filter_of(body);
    query.parts = wanted.parts();
    const Json& params = member(body, "params");
    query.exact = params.is_object() && member(params, "exact") == true;
    const std::vector<CollectionPoint> found = store_.search(name_, query);
    const Json& threshold = member(body, "score_threshold");
    if (!threshold.is_null() && !threshold.is_number()) {
      throw Error(ErrorCode::kBadInput, "score_threshold: expected a number");
    }
    const bool distances = store_.find(name_)->distance == vectors::Distance::kEuclid;
    Json list = Json::array();
    for (size_t i = offset; i < found.size(); ++i) {
      if (!threshold.is_null()) {
        const auto bound = threshold.get<double>();
        if (distances ? found[i].score > bound : found[i].score < bound) break;
      }
      list.push_back(scored_json(found[i], wanted));
    }
    return list;
  }

  Json query(const Json& body) {
    for (const char* name : {"prefetch", "lookup_from"}) {
      const Json& value = member(body, name);
      if (!value.is_null() && !value.empty()) {
        throw Error(ErrorCode::kBadInput, fmt::format("{}: not supported", name));
      }
    }
    const Json& used = member(body, "using");
    if (!used.is_null() && used != "") {
      throw Error(ErrorCode::kBadInput, "using: named vectors are not supported");
    }
    Json query = member(body, "query");
    if (query.is_object() && query.size() == 1 && query.contains("nearest")) {
      query = Json(query["nearest"]);
    }
    if (query.is_null()) return scroll_as_query(body);
    if (query.is_array()) return {{"points", search(body, query)}};
    if (query.is_object()) {
      throw Error(ErrorCode::kBadInput,
                  "query: only the nearest to a vector or point is supported");
    }
    // The nearest to a point, itself left out.
    const PointId id = PointId::from_json(query, "query");
    const auto found = store_.get(name_, std::span(&id, 1), {.payload = false, .vector = true});
    if (found.empty()) {
      throw Refusal{404, fmt::format("Not found: No point with id {} found", id.text())};
    }
    Json changed = body;
    Json without = {{"has_id", Json::array({id.to_json()})}};
    Json filter = {{"must_not", Json::array({without})}};
    if (!member(body, "filter").is_null()) filter["must"] = Json::array({body["filter"]});
    changed["filter"] = filter;
    return {{"points", search(changed, found[0].vector)}};
  }

  Json scroll_as_query(const Json& body) const {
    const PartsWanted wanted = read_parts(body, false);
    const size_t limit = count_member(body, "limit", 10, 1);
    const size_t offset = count_member(body, "offset", 0, 0);
    const auto found = store_.scroll(name_, {}, limit + offset, filter_of(body), wanted.parts());
    Json list = Json::array();
    for (size_t i = offset; i < found.size(); ++i) list.push_back(scored_json(found[i], wanted));
    return {{"points", list}};
  }

  Json scroll() const {
    if (!member(body_, "order_by").is_null()) {
      throw Error(ErrorCode::kBadInput, "order_by: not supported; points come by id");
    }
    const PartsWanted wanted = read_parts(body_, true);
    const size_t limit = count_member(body_, "limit", 10, 1);
    const Json& offset = member(body_, "offset");
    const PointId from = offset.is_null() ? PointId() : PointId::from_json(offset, "offset");
    const auto found = store_.scroll(name_, from, limit + 1, filter_of(body_), wanted.parts());
    Json list = Json::array();
    for (size_t i = 0; i < std::min(limit, found.size()); ++i) {
      list.push_back(record_json(found[i], wanted));
    }
    const Json next = found.size() > limit ? found[limit].id.to_json() : Json();
    return {{"points", list}, {"next_page_offset", next}};
  }

  [[noreturn]] void no_route(const std::string& what) const {
    throw no_such_route(method_, fmt::format("/collections/{}/points/{}", name_, what));
  }

  VectorCollections& store_;
  const std::string& name_;
  const std::string& method_;
  const Json& body_;
};

}  // namespace

Json point_operation(VectorCollections& collections, const std::string& name,
                     const std::string& method, std::span<const std::string> path,
                     const Json& body) {
  return PointOperations(collections, name, method, body).result(path);
}

}  // namespace twin::qdrant
