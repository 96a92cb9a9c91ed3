#include "engine/tokenizer/protobuf.h"

#include <fmt/format.h>

#include <cstring>

#include "base/error.h"

namespace twin {

void ProtobufReader::refuse(const std::string& what) const {
  throw Error(ErrorCode::kBadInput,
              fmt::format("{}: at byte {}: {}", where_, size_ - rest_.size(), what));
}

uint64_t ProtobufReader::take_varint() {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (rest_.empty()) refuse("ends inside a number");
    const auto byte = static_cast<unsigned char>(rest_[0]);
    rest_.remove_prefix(1);
    if (shift == 63 && byte > 1) break;
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  refuse("a number of more than 64 bits");
}

uint64_t ProtobufReader::take_fixed(size_t size) {
  if (rest_.size() < size) refuse("ends inside a number");
  uint64_t value = 0;
  for (size_t i = 0; i < size; ++i) {
    value |= static_cast<uint64_t>(static_cast<unsigned char>(rest_[i])) << (8 * i);
  }
  rest_.remove_prefix(size);
  return value;
}

std::optional<ProtobufReader::Field> ProtobufReader::next() {
  if (rest_.empty()) return std::nullopt;
  const uint64_t key = take_varint();
  Field field;
  field.number = key >> 3;
  if (field.number == 0 || field.number >= 1u << 29) refuse("not a field number");
  switch (key & 7) {
    case Field::kVarint:
      field.value = take_varint();
      break;
    case Field::kFixed64:
      field.kind = Field::kFixed64;
      field.value = take_fixed(8);
      break;
    case Field::kFixed32:
      field.kind = Field::kFixed32;
      field.value = take_fixed(4);
      break;
    case Field::kBytes: {
      field.kind = Field::kBytes;
      const uint64_t length = take_varint();
      if (length > rest_.size()) {
        refuse(fmt::format("field {} claims {} bytes, {} are left", field.number, length,
                           rest_.size()));
      }
      field.bytes = rest_.substr(0, length);
      rest_.remove_prefix(length);
      break;
    }
    default:
      refuse(fmt::format("wire type {} is none", key & 7));
  }
  return field;
}

std::string_view ProtobufReader::bytes_of(const Field& field) const {
  if (field.kind != Field::kBytes) refuse(fmt::format("field {} is no text", field.number));
  return field.bytes;
}

uint64_t ProtobufReader::varint_of(const Field& field) const {
  if (field.kind != Field::kVarint) refuse(fmt::format("field {} is no integer", field.number));
  return field.value;
}

float ProtobufReader::float_of(const Field& field) const {
  if (field.kind != Field::kFixed32) refuse(fmt::format("field {} is no float", field.number));
  const auto bits = static_cast<uint32_t>(field.value);
  float value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace twin
