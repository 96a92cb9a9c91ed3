#include "stores/documents/mongo/bson_json.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/context.h"
#include "base/error.h"

namespace twin::mongo {
namespace {

constexpr size_t kMaxDepth = 100;
constexpr size_t kUuidBytes = 16;

std::string field_name(const std::string& name, FieldNames names) {
  std::string fit;
  for (size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '\0') {
      fit += "\xef\xbf\xbd";
    } else if (names == FieldNames::kNoMarks && name[i] == '.') {
      fit += "\xef\xbc\x8e";
    } else if (names == FieldNames::kNoMarks && name[i] == '$' && i == 0) {
      fit += "\xef\xbc\x84";
    } else {
      fit += name[i];
    }
  }
  return fit;
}

void append(Bson& bson, const std::string& name, const OrderedJson& value, FieldNames names) {
  switch (value.type()) {
    case OrderedJson::value_t::object:
      bson.document(name, bson_from_json(value, names));
      break;
    case OrderedJson::value_t::array: {
      Bson list;
      for (size_t i = 0; i < value.size(); ++i) append(list, std::to_string(i), value[i], names);
      bson.list(name, list);
      break;
    }
    case OrderedJson::value_t::string:
      bson.text(name, value.get_ref<const std::string&>());
      break;
    case OrderedJson::value_t::boolean:
      bson.boolean(name, value.get<bool>());
      break;
    case OrderedJson::value_t::number_integer:
      bson.integer(name, value.get<int64_t>());
      break;
    case OrderedJson::value_t::number_unsigned:
    case OrderedJson::value_t::number_float:
      if (value.is_number_unsigned() && value.get<uint64_t>() <= INT64_MAX) {
        bson.integer(name, value.get<int64_t>());
      } else {
        bson.real(name, value.get<double>());
      }
      break;
    default:
      bson.null(name);
  }
}

std::string uuid_text(const uint8_t* bytes) {
  std::string text;
  for (size_t i = 0; i < kUuidBytes; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", bytes[i]);
  }
  return text;
}

OrderedJson read_value(const bson_iter_t& at, size_t depth);

OrderedJson read_members(bson_iter_t at, bool is_list, size_t depth) {
  if (depth > kMaxDepth) throw Error(ErrorCode::kBadInput, "nested more than 100 deep");
  OrderedJson json = is_list ? OrderedJson::array() : OrderedJson::object();
  while (bson_iter_next(&at)) {
    if (is_list) {
      json.push_back(read_value(at, depth));
    } else {
      json[bson_iter_key(&at)] = read_value(at, depth);
    }
  }
  if (at.err_off != 0) throw Error(ErrorCode::kBadInput, "broken BSON");
  return json;
}

OrderedJson read_value(const bson_iter_t& at, size_t depth) {
  uint32_t size = 0;
  switch (bson_iter_type(&at)) {
    case BSON_TYPE_UTF8: {
      const char* text = bson_iter_utf8(&at, &size);
      return std::string(text, size);
    }
    case BSON_TYPE_INT32:
      return bson_iter_int32(&at);
    case BSON_TYPE_INT64:
      return bson_iter_int64(&at);
    case BSON_TYPE_DOUBLE:
      return std::isfinite(bson_iter_double(&at)) ? OrderedJson(bson_iter_double(&at)) : nullptr;
    case BSON_TYPE_BOOL:
      return bson_iter_bool(&at);
    case BSON_TYPE_OID: {
      char text[25];
      bson_oid_to_string(bson_iter_oid(&at), text);
      return std::string(text);
    }
    case BSON_TYPE_DATE_TIME: {
      // Beyond the years that have four digits: no time that anybody meant.
      constexpr int64_t kFirst = -62135596800000, kLast = 253402300799999;
      const int64_t milliseconds = bson_iter_date_time(&at);
      if (milliseconds < kFirst || milliseconds > kLast) return nullptr;
      return format_time(
          std::chrono::system_clock::time_point(std::chrono::milliseconds(milliseconds)));
    }
    case BSON_TYPE_BINARY: {
      bson_subtype_t subtype = BSON_SUBTYPE_BINARY;
      const uint8_t* bytes = nullptr;
      bson_iter_binary(&at, &subtype, &size, &bytes);
      const bool uuid = subtype == BSON_SUBTYPE_UUID && size == kUuidBytes;
      return uuid ? OrderedJson(uuid_text(bytes)) : nullptr;
    }
    case BSON_TYPE_DOCUMENT:
    case BSON_TYPE_ARRAY: {
      bson_iter_t inner;
      if (!bson_iter_recurse(&at, &inner)) throw Error(ErrorCode::kBadInput, "broken BSON");
      return read_members(inner, bson_iter_type(&at) == BSON_TYPE_ARRAY, depth + 1);
    }
    default:
      return nullptr;
  }
}

}  // namespace

Bson bson_from_json(const OrderedJson& object, FieldNames names) {
  Bson bson;
  for (const auto& [name, value] : object.items()) {
    append(bson, field_name(name, names), value, names);
  }
  return bson;
}

OrderedJson json_from_bson(BsonView document) {
  const std::string_view bytes = document.bytes();
  bson_iter_t at;
  if (!bson_iter_init_from_data(&at, reinterpret_cast<const uint8_t*>(bytes.data()),
                                bytes.size())) {
    throw Error(ErrorCode::kBadInput, "broken BSON");
  }
  return read_members(at, false, 0);
}

}  // namespace twin::mongo
