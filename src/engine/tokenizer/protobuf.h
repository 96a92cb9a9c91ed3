#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace twin {

// Reads the fields of one protobuf message from its bytes, strictly. Copies nothing. Source:
// protobuf.dev/programming-guides/encoding.
class ProtobufReader {
 public:
  ProtobufReader(std::string_view bytes, std::string where)
      : rest_(bytes), size_(bytes.size()), where_(std::move(where)) {}

  struct Field {
    uint64_t number = 0;
    uint64_t value = 0;      // of a varint, or the bits of a fixed32 or fixed64
    std::string_view bytes;  // of a string or message
    enum Kind { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 } kind = kVarint;
  };
  // Nothing at the end. Errors: kBadInput naming `where` and the offset in this message.
  std::optional<Field> next();

  // The same field as what it ought to be, or kBadInput.
  std::string_view bytes_of(const Field& field) const;
  uint64_t varint_of(const Field& field) const;
  float float_of(const Field& field) const;

 private:
  [[noreturn]] void refuse(const std::string& what) const;
  uint64_t take_varint();
  uint64_t take_fixed(size_t size);

  std::string_view rest_;
  size_t size_;
  std::string where_;
};

}  // namespace twin
