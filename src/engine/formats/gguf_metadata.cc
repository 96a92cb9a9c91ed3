#include "engine/formats/gguf_metadata.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstring>

#include "base/error.h"

namespace twin {
namespace {

struct TypeInfo {
  std::string_view name;
  size_t bytes;
};
constexpr std::array<TypeInfo, 13> kTypes = {{{"UINT8", 1},
                                              {"INT8", 1},
                                              {"UINT16", 2},
                                              {"INT16", 2},
                                              {"UINT32", 4},
                                              {"INT32", 4},
                                              {"FLOAT32", 4},
                                              {"BOOL", 1},
                                              {"STRING", 0},
                                              {"ARRAY", 0},
                                              {"UINT64", 8},
                                              {"INT64", 8},
                                              {"FLOAT64", 8}}};

template <typename T>
T load(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);  // little-endian, as every machine we run on
  return value;
}

template <typename T>
void store(std::string& bytes, T value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void store_text(std::string& bytes, std::string_view text) {
  store(bytes, static_cast<uint64_t>(text.size()));
  bytes += text;
}

std::string array_head(GgufType type, size_t count) {
  std::string bytes;
  store(bytes, static_cast<uint32_t>(type));
  store(bytes, static_cast<uint64_t>(count));
  return bytes;
}

bool is_whole(GgufType type) {
  return type != GgufType::kFloat32 && type != GgufType::kFloat64 && type != GgufType::kBool &&
         gguf_type_bytes(type) > 0;
}

// Any number, and bools as 0 and 1. 64-bit integers beyond 2^53 lose their last bits.
double number_at(GgufType type, const char* bytes) {
  switch (type) {
    case GgufType::kUint8:
    case GgufType::kBool:
      return load<uint8_t>(bytes);
    case GgufType::kInt8:
      return load<int8_t>(bytes);
    case GgufType::kUint16:
      return load<uint16_t>(bytes);
    case GgufType::kInt16:
      return load<int16_t>(bytes);
    case GgufType::kUint32:
      return load<uint32_t>(bytes);
    case GgufType::kInt32:
      return load<int32_t>(bytes);
    case GgufType::kFloat32:
      return static_cast<double>(load<float>(bytes));
    case GgufType::kUint64:
      return static_cast<double>(load<uint64_t>(bytes));
    case GgufType::kInt64:
      return static_cast<double>(load<int64_t>(bytes));
    case GgufType::kFloat64:
      return load<double>(bytes);
    case GgufType::kString:
    case GgufType::kArray:
      break;
  }
  throw Bug("not a number type");
}

}  // namespace

std::string_view gguf_type_name(GgufType type) {
  TWIN_CHECK(static_cast<size_t>(type) < kTypes.size());
  return kTypes[static_cast<size_t>(type)].name;
}

size_t gguf_type_bytes(GgufType type) {
  TWIN_CHECK(static_cast<size_t>(type) < kTypes.size());
  return kTypes[static_cast<size_t>(type)].bytes;
}

void GgufMetadata::refuse(const std::string& what) const {
  throw Error(ErrorCode::kBadInput, fmt::format("{}: {}", where_, what));
}

const GgufMetadata::Value& GgufMetadata::at(const std::string& key) const {
  const auto found = values_.find(key);
  if (found == values_.end()) refuse(fmt::format("metadata key '{}' is missing", key));
  return found->second;
}

size_t GgufMetadata::size(const std::string& key) const {
  const Value& value = at(key);
  if (is_whole(value.type)) {
    if (value.type == GgufType::kUint64) return load<uint64_t>(value.bytes.data());
    const double number = number_at(value.type, value.bytes.data());
    if (number >= 0) return static_cast<size_t>(number);
  }
  refuse(fmt::format("metadata key '{}' is {} ({}); expected a size", key, show(key),
                     gguf_type_name(value.type)));
}

size_t GgufMetadata::size_or(const std::string& key, size_t fallback) const {
  return has(key) ? size(key) : fallback;
}

double GgufMetadata::number_or(const std::string& key, double fallback) const {
  if (!has(key)) return fallback;
  const Value& value = at(key);
  if (gguf_type_bytes(value.type) == 0 || value.type == GgufType::kBool) {
    refuse(fmt::format("metadata key '{}' is of {}; expected a number", key,
                       gguf_type_name(value.type)));
  }
  const double number = number_at(value.type, value.bytes.data());
  if (!(std::abs(number) <= 3e38)) {
    refuse(fmt::format("metadata key '{}' is {}; expected a finite number", key, number));
  }
  return number;
}

bool GgufMetadata::flag_or(const std::string& key, bool fallback) const {
  if (!has(key)) return fallback;
  const Value& value = at(key);
  if (value.type != GgufType::kBool) {
    refuse(
        fmt::format("metadata key '{}' is of {}; expected BOOL", key, gguf_type_name(value.type)));
  }
  return value.bytes[0] != 0;
}

std::string GgufMetadata::text_or(const std::string& key, const std::string& fallback) const {
  if (!has(key)) return fallback;
  const Value& value = at(key);
  if (value.type != GgufType::kString) {
    refuse(fmt::format("metadata key '{}' is of {}; expected STRING", key,
                       gguf_type_name(value.type)));
  }
  return value.bytes.substr(8);
}

bool GgufMetadata::is_array(const std::string& key) const {
  return has(key) && at(key).type == GgufType::kArray;
}

std::pair<GgufType, std::string_view> GgufMetadata::array(const std::string& key,
                                                          size_t& count) const {
  const Value& value = at(key);
  if (value.type != GgufType::kArray) {
    refuse(
        fmt::format("metadata key '{}' is of {}; expected ARRAY", key, gguf_type_name(value.type)));
  }
  count = load<uint64_t>(value.bytes.data() + 4);
  return {static_cast<GgufType>(load<uint32_t>(value.bytes.data())),
          std::string_view(value.bytes).substr(12)};
}

std::vector<std::string> GgufMetadata::texts(const std::string& key) const {
  if (!has(key)) return {};
  size_t count = 0;
  auto [type, bytes] = array(key, count);
  if (type != GgufType::kString) {
    refuse(fmt::format("metadata key '{}' is an array of {}; expected STRING", key,
                       gguf_type_name(type)));
  }
  std::vector<std::string> texts;
  texts.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    const auto length = load<uint64_t>(bytes.data());
    texts.emplace_back(bytes.substr(8, length));
    bytes.remove_prefix(8 + length);
  }
  return texts;
}

std::vector<double> GgufMetadata::numbers(const std::string& key) const {
  if (!has(key)) return {};
  size_t count = 0;
  const auto [type, bytes] = array(key, count);
  const size_t size = gguf_type_bytes(type);
  if (size == 0) {
    refuse(fmt::format("metadata key '{}' is an array of {}; expected numbers", key,
                       gguf_type_name(type)));
  }
  std::vector<double> numbers(count);
  for (size_t i = 0; i < count; ++i) numbers[i] = number_at(type, bytes.data() + i * size);
  return numbers;
}

std::string GgufMetadata::show(const std::string& key) const {
  constexpr size_t kShown = 8;
  const Value& value = at(key);
  if (value.type == GgufType::kString) return text_or(key, "");
  if (value.type != GgufType::kArray) {
    return fmt::format("{}", number_at(value.type, value.bytes.data()));
  }
  size_t count = 0;
  auto [type, bytes] = array(key, count);
  std::string shown = fmt::format("{} x {}:", count, gguf_type_name(type));
  for (size_t i = 0; i < std::min(count, kShown) && type != GgufType::kArray; ++i) {
    if (type == GgufType::kString) {
      const auto length = load<uint64_t>(bytes.data());
      shown += fmt::format(" \"{}\"", bytes.substr(8, length));
      bytes.remove_prefix(8 + length);
    } else {
      shown += fmt::format(" {}", number_at(type, bytes.data() + i * gguf_type_bytes(type)));
    }
  }
  return shown + (count > kShown ? " ..." : "");
}

void GgufMetadata::set_size(const std::string& key, size_t value) {
  TWIN_CHECK(value <= UINT32_MAX);
  Value stored{GgufType::kUint32, {}};
  store(stored.bytes, static_cast<uint32_t>(value));
  set(key, std::move(stored));
}

void GgufMetadata::set_number(const std::string& key, float value) {
  Value stored{GgufType::kFloat32, {}};
  store(stored.bytes, value);
  set(key, std::move(stored));
}

void GgufMetadata::set_flag(const std::string& key, bool value) {
  set(key, {GgufType::kBool, std::string(1, value ? '\1' : '\0')});
}

void GgufMetadata::set_text(const std::string& key, std::string_view value) {
  Value stored{GgufType::kString, {}};
  store_text(stored.bytes, value);
  set(key, std::move(stored));
}

void GgufMetadata::set_texts(const std::string& key, const std::vector<std::string>& values) {
  Value stored{GgufType::kArray, array_head(GgufType::kString, values.size())};
  for (const std::string& value : values) store_text(stored.bytes, value);
  set(key, std::move(stored));
}

void GgufMetadata::set_integers(const std::string& key, const std::vector<int32_t>& values) {
  Value stored{GgufType::kArray, array_head(GgufType::kInt32, values.size())};
  for (int32_t value : values) store(stored.bytes, value);
  set(key, std::move(stored));
}

void GgufMetadata::set_numbers(const std::string& key, const std::vector<float>& values) {
  Value stored{GgufType::kArray, array_head(GgufType::kFloat32, values.size())};
  for (float value : values) store(stored.bytes, value);
  set(key, std::move(stored));
}

void GgufMetadata::set_bytes(const std::string& key, std::string_view values) {
  Value stored{GgufType::kArray, array_head(GgufType::kUint8, values.size())};
  stored.bytes += values;
  set(key, std::move(stored));
}

void GgufMetadata::set_flags(const std::string& key, const std::vector<bool>& values) {
  Value stored{GgufType::kArray, array_head(GgufType::kBool, values.size())};
  for (bool value : values) stored.bytes += value ? '\1' : '\0';
  set(key, std::move(stored));
}

}  // namespace twin
