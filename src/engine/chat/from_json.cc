#include "engine/chat/from_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace twin::chat {

Value JsonReader::text(std::string_view text) {
  bytes_ += text.size() + 1;
  return TrackedText(text, true);
}

Value JsonReader::read(const OrderedJson& json, size_t depth) {
  if (depth >= kMaxValueDepth) {
    throw Failure(fmt::format("JSON nested deeper than the limit of {}", kMaxValueDepth));
  }
  ++bytes_;
  switch (json.type()) {
    case OrderedJson::value_t::boolean:
      return json.get<bool>();
    case OrderedJson::value_t::number_integer:
      return json.get<int64_t>();
    case OrderedJson::value_t::number_unsigned: {
      const auto number = json.get<uint64_t>();
      if (number > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
        throw Failure(fmt::format("the integer {} does not fit 64 bits", number));
      }
      return static_cast<int64_t>(number);
    }
    case OrderedJson::value_t::number_float:
      return json.get<double>();
    case OrderedJson::value_t::string:
      return text(json.get_ref<const std::string&>());
    case OrderedJson::value_t::array: {
      std::vector<Value> items;
      items.reserve(json.size());
      for (const OrderedJson& item : json) items.push_back(read(item, depth + 1));
      return make_list(std::move(items));
    }
    case OrderedJson::value_t::object: {
      auto dict = std::make_shared<Dict>();
      for (const auto& [key, value] : json.items()) {
        dict->set(budget_, text(key), read(value, depth + 1));
      }
      return std::shared_ptr<const Dict>(std::move(dict));
    }
    default:
      return None{};
  }
}

}  // namespace twin::chat
