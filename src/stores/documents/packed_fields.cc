#include "stores/documents/packed_fields.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json.h"

namespace twin {
namespace {

// read(JSON); what is of another shape than it expects is damage.
template <class Read>
auto parsed(std::string_view text, Read read) {
  try {
    return read(parse_json(text, "document store"));
  } catch (const Json::exception& error) {
    throw Error(ErrorCode::kBadInput, std::string("document store: ") + error.what());
  }
}

}  // namespace

std::string pack_list(const std::vector<std::string>& list) { return dump_json(Json(list)); }

std::vector<std::string> unpack_list(std::string_view text) {
  return parsed(text, [](const Json& json) { return json.get<std::vector<std::string>>(); });
}

std::string pack_spans(const std::vector<Span>& spans) {
  Json list = Json::array();
  for (const Span& span : spans) {
    list.push_back({span.range.begin, span.range.end, name_of(span.kind), name_of(span.reason)});
  }
  return dump_json(list);
}

std::vector<Span> unpack_spans(std::string_view text) {
  return parsed(text, [](const Json& json) {
    std::vector<Span> spans;
    for (const Json& entry : json) {
      spans.push_back({{entry.at(0).get<size_t>(), entry.at(1).get<size_t>()},
                       span_kind_from_name(entry.at(2).get<std::string>()),
                       removal_reason_from_name(entry.at(3).get<std::string>())});
    }
    return spans;
  });
}

std::string pack_private_spans(const std::vector<PrivateSpan>& spans) {
  Json list = Json::array();
  for (const PrivateSpan& span : spans) {
    list.push_back({span.range.begin, span.range.end, name_of(span.kind), span.masked});
  }
  return dump_json(list);
}

std::vector<PrivateSpan> unpack_private_spans(std::string_view text) {
  return parsed(text, [](const Json& json) {
    std::vector<PrivateSpan> spans;
    for (const Json& entry : json) {
      spans.push_back({{entry.at(0).get<size_t>(), entry.at(1).get<size_t>()},
                       private_kind_from_name(entry.at(2).get<std::string>()),
                       entry.size() < 4 || entry.at(3).get<bool>()});
    }
    return spans;
  });
}

}  // namespace twin
