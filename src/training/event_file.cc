#include "training/event_file.h"

#include <fmt/format.h>

#include <array>
#include <bit>

#include "base/error.h"

namespace twin {
namespace {

constexpr std::array<uint32_t, 256> kCrcTable = [] {
  constexpr uint32_t kPolynomial = 0x82f63b78;  // Castagnoli's, reflected
  std::array<uint32_t, 256> table{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
    table[byte] = crc;
  }
  return table;
}();

template <class Unsigned>
void append_little_endian(std::string& bytes, Unsigned value) {
  for (size_t i = 0; i < sizeof value; ++i) {
    bytes.push_back(static_cast<char>(static_cast<unsigned char>(value >> (8 * i))));
  }
}

uint32_t masked_crc(std::string_view bytes) { return std::rotr(crc32c(bytes), 15) + 0xa282ead8u; }

// Protobuf's wire types. Source: protobuf.dev/programming-guides/encoding.
enum Wire : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

void append_varint(std::string& bytes, uint64_t value) {
  for (; value >= 128; value >>= 7) {
    bytes.push_back(static_cast<char>(static_cast<unsigned char>(value | 128)));
  }
  bytes.push_back(static_cast<char>(static_cast<unsigned char>(value)));
}
void append_tag(std::string& bytes, uint8_t field, Wire wire) {
  append_varint(bytes, static_cast<uint64_t>(field) << 3 | wire);
}
void append_double(std::string& bytes, uint8_t field, double value) {
  append_tag(bytes, field, kFixed64);
  append_little_endian(bytes, std::bit_cast<uint64_t>(value));
}
void append_float(std::string& bytes, uint8_t field, float value) {
  append_tag(bytes, field, kFixed32);
  append_little_endian(bytes, std::bit_cast<uint32_t>(value));
}
void append_bytes(std::string& bytes, uint8_t field, std::string_view value) {
  append_tag(bytes, field, kBytes);
  append_varint(bytes, value.size());
  bytes += value;
}

}  // namespace

uint32_t crc32c(std::string_view bytes) {
  uint32_t crc = ~0u;
  for (const char c : bytes) {
    crc = (crc >> 8) ^ kCrcTable[(crc ^ static_cast<unsigned char>(c)) & 255];
  }
  return ~crc;
}

std::string framed_record(std::string_view bytes) {
  std::string record;
  append_little_endian(record, static_cast<uint64_t>(bytes.size()));
  append_little_endian(record, masked_crc(record));
  record += bytes;
  append_little_endian(record, masked_crc(bytes));
  return record;
}

std::string scalar_event(double seconds, int64_t step, std::span<const Scalar> scalars) {
  std::string summary;
  for (const auto& [name, number] : scalars) {
    std::string value;  // Summary.Value: tag, simple_value
    append_bytes(value, 1, name);
    append_float(value, 2, static_cast<float>(number));
    append_bytes(summary, 1, value);
  }
  std::string event;  // wall_time, step, summary
  append_double(event, 1, seconds);
  append_tag(event, 2, kVarint);
  append_varint(event, static_cast<uint64_t>(step));
  append_bytes(event, 5, summary);
  return event;
}

std::string first_event(double seconds) {
  std::string event;  // wall_time, file_version
  append_double(event, 1, seconds);
  append_bytes(event, 3, "brain.Event:2");
  return event;
}

EventFile::EventFile(const std::filesystem::path& folder, double seconds)
    : file_(folder / fmt::format("events.out.tfevents.{:.0f}.twin", seconds)),
      stream_(file_, std::ios::binary | std::ios::app) {
  stream_ << framed_record(first_event(seconds)) << std::flush;
  if (!stream_) throw Error(ErrorCode::kFailed, file_.string() + ": cannot be written");
}

void EventFile::add(double seconds, int64_t step, std::span<const Scalar> scalars) {
  stream_ << framed_record(scalar_event(seconds, step, scalars)) << std::flush;
  if (!stream_) throw Error(ErrorCode::kFailed, file_.string() + ": cannot be written");
}

}  // namespace twin
