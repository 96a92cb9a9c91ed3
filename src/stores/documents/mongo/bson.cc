#include "stores/documents/mongo/bson.h"

#include "base/error.h"

namespace twin::mongo {

bool is_bson_text(std::string_view text) {
  return bson_utf8_validate(text.data() == nullptr ? "" : text.data(), text.size(), false);
}

std::string new_token() {
  bson_oid_t id;
  bson_oid_init(&id, nullptr);
  char text[25];
  bson_oid_to_string(&id, text);
  return text;
}

bool BsonView::find(const char* name, bson_iter_t& found) const {
  return data_ != nullptr && bson_iter_init_from_data(&found, data_, size_) &&
         bson_iter_find(&found, name);
}

bool BsonView::has(const char* name) const {
  bson_iter_t at;
  return find(name, at);
}

std::string_view BsonView::view(const char* name) const {
  bson_iter_t at;
  if (!find(name, at)) return {};
  uint32_t size = 0;
  if (BSON_ITER_HOLDS_UTF8(&at)) {
    const char* text = bson_iter_utf8(&at, &size);
    return {text, size};
  }
  if (BSON_ITER_HOLDS_BINARY(&at)) {
    const uint8_t* bytes = nullptr;
    bson_iter_binary(&at, nullptr, &size, &bytes);
    return {reinterpret_cast<const char*>(bytes), size};
  }
  return {};
}

std::string BsonView::text(const char* name) const { return std::string(view(name)); }

int64_t BsonView::integer(const char* name, int64_t otherwise) const {
  bson_iter_t at;
  if (!find(name, at)) return otherwise;
  if (BSON_ITER_HOLDS_INT32(&at)) return bson_iter_int32(&at);
  if (BSON_ITER_HOLDS_INT64(&at)) return bson_iter_int64(&at);
  return otherwise;
}

bool BsonView::boolean(const char* name, bool otherwise) const {
  bson_iter_t at;
  return find(name, at) && BSON_ITER_HOLDS_BOOL(&at) ? bson_iter_bool(&at) : otherwise;
}

BsonView BsonView::child(const char* name) const {
  bson_iter_t at;
  if (!find(name, at) || !BSON_ITER_HOLDS_DOCUMENT(&at)) return {};
  uint32_t size = 0;
  const uint8_t* data = nullptr;
  bson_iter_document(&at, &size, &data);
  return {data, size};
}

std::vector<BsonView> BsonView::children(const char* name) const {
  std::vector<BsonView> children;
  bson_iter_t at, element;
  if (!find(name, at) || !BSON_ITER_HOLDS_ARRAY(&at) || !bson_iter_recurse(&at, &element))
    return {};
  while (bson_iter_next(&element)) {
    if (!BSON_ITER_HOLDS_DOCUMENT(&element)) continue;
    uint32_t size = 0;
    const uint8_t* data = nullptr;
    bson_iter_document(&element, &size, &data);
    children.emplace_back(data, size);
  }
  return children;
}

std::vector<std::string> BsonView::texts(const char* name) const {
  std::vector<std::string> texts;
  bson_iter_t at, element;
  if (!find(name, at) || !BSON_ITER_HOLDS_ARRAY(&at) || !bson_iter_recurse(&at, &element))
    return {};
  uint32_t size = 0;
  while (bson_iter_next(&element)) {
    if (BSON_ITER_HOLDS_UTF8(&element)) {
      const char* text = bson_iter_utf8(&element, &size);
      texts.emplace_back(text, size);
    } else if (BSON_ITER_HOLDS_BINARY(&element)) {
      const uint8_t* bytes = nullptr;
      bson_iter_binary(&element, nullptr, &size, &bytes);
      texts.emplace_back(reinterpret_cast<const char*>(bytes), size);
    }
  }
  return texts;
}

void Bson::check(bool fits) const {
  if (!fits) throw Error(ErrorCode::kDoesNotFit, "a document of more than 2 GB");
}

Bson& Bson::text(std::string_view name, std::string_view value) {
  if (!is_bson_text(value)) return bytes(name, value);
  check(bson_append_utf8(bson_, name.data(), static_cast<int>(name.size()),
                         value.data() == nullptr ? "" : value.data(),
                         static_cast<int>(value.size())));
  return *this;
}

Bson& Bson::bytes(std::string_view name, std::string_view value) {
  check(bson_append_binary(
      bson_, name.data(), static_cast<int>(name.size()), BSON_SUBTYPE_BINARY,
      reinterpret_cast<const uint8_t*>(value.data() == nullptr ? "" : value.data()),
      static_cast<uint32_t>(value.size())));
  return *this;
}

Bson& Bson::integer(std::string_view name, int64_t value) {
  check(bson_append_int64(bson_, name.data(), static_cast<int>(name.size()), value));
  return *this;
}

Bson& Bson::boolean(std::string_view name, bool value) {
  check(bson_append_bool(bson_, name.data(), static_cast<int>(name.size()), value));
  return *this;
}

Bson& Bson::real(std::string_view name, double value) {
  check(bson_append_double(bson_, name.data(), static_cast<int>(name.size()), value));
  return *this;
}

Bson& Bson::null(std::string_view name) {
  check(bson_append_null(bson_, name.data(), static_cast<int>(name.size())));
  return *this;
}

Bson& Bson::time(std::string_view name, int64_t milliseconds) {
  check(bson_append_date_time(bson_, name.data(), static_cast<int>(name.size()), milliseconds));
  return *this;
}

Bson& Bson::document(std::string_view name, const Bson& value) {
  check(bson_append_document(bson_, name.data(), static_cast<int>(name.size()), value.get()));
  return *this;
}

Bson& Bson::list(std::string_view name, const Bson& values) {
  check(bson_append_array(bson_, name.data(), static_cast<int>(name.size()), values.get()));
  return *this;
}

Bson& Bson::list(std::string_view name, const std::vector<Bson>& values) {
  Bson list_of;
  for (size_t i = 0; i < values.size(); ++i) list_of.document(std::to_string(i), values[i]);
  return list(name, list_of);
}

Bson& Bson::list(std::string_view name, const std::vector<std::string>& values) {
  Bson list_of;
  for (size_t i = 0; i < values.size(); ++i) list_of.text(std::to_string(i), values[i]);
  return list(name, list_of);
}

Bson& Bson::append(BsonView other) {
  bson_t fields;
  const std::string_view bytes = other.bytes();
  if (bytes.empty()) return *this;
  if (!bson_init_static(&fields, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size())) {
    throw Error(ErrorCode::kBadInput, "not a BSON document");
  }
  check(bson_concat(bson_, &fields));
  return *this;
}

}  // namespace twin::mongo
