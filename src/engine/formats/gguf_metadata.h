#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace twin {

// The types of a GGUF value, as the file numbers them.
enum class GgufType : uint32_t {
  kUint8,
  kInt8,
  kUint16,
  kInt16,
  kUint32,
  kInt32,
  kFloat32,
  kBool,
  kString,
  kArray,
  kUint64,
  kInt64,
  kFloat64
};
std::string_view gguf_type_name(GgufType type);
// Bytes of one value; 0 for strings and arrays, which say themselves.
size_t gguf_type_bytes(GgufType type);

// The metadata of a GGUF file: keys and values, each kept as the file spells it, so that writing
// what was read gives the same bytes. Values are checked before they come in (parse_gguf), so that
// reading one can fail only because it is of another type: Error(kBadInput) naming file and key.
class GgufMetadata {
 public:
  // After its type: a number, a string (length, bytes), an array (type, count, values).
  struct Value {
    GgufType type;
    std::string bytes;
  };

  // `where` names the file in errors.
  explicit GgufMetadata(std::string where = "GGUF") : where_(std::move(where)) {}

  [[noreturn]] void refuse(const std::string& what) const;

  const std::string& where() const { return where_; }
  bool has(const std::string& key) const { return values_.count(key) > 0; }
  const std::map<std::string, Value>& values() const { return values_; }
  // Any whole number that is not negative.
  size_t size(const std::string& key) const;  // refuses where it is missing
  size_t size_or(const std::string& key, size_t fallback) const;
  // A number that a float can hold.
  double number_or(const std::string& key, double fallback) const;
  bool flag_or(const std::string& key, bool fallback) const;
  std::string text_or(const std::string& key, const std::string& fallback) const;
  // Arrays; empty where absent.
  std::vector<std::string> texts(const std::string& key) const;
  std::vector<double> numbers(const std::string& key) const;  // of any number type, and bools
  bool is_array(const std::string& key) const;
  // What a person is shown: arrays cut to a few values.
  std::string show(const std::string& key) const;

  // Replaces what is there.
  void set(const std::string& key, Value value) { values_[key] = std::move(value); }
  void erase(const std::string& key) { values_.erase(key); }
  void set_size(const std::string& key, size_t value);  // UINT32
  void set_number(const std::string& key, float value);
  void set_flag(const std::string& key, bool value);
  void set_text(const std::string& key, std::string_view value);
  void set_texts(const std::string& key, const std::vector<std::string>& values);
  void set_integers(const std::string& key, const std::vector<int32_t>& values);
  void set_numbers(const std::string& key, const std::vector<float>& values);
  void set_bytes(const std::string& key, std::string_view values);  // an array of UINT8
  void set_flags(const std::string& key, const std::vector<bool>& values);

 private:
  const Value& at(const std::string& key) const;
  // The array's element type and its values' bytes.
  std::pair<GgufType, std::string_view> array(const std::string& key, size_t& count) const;

  std::string where_;
  std::map<std::string, Value> values_;
};

}  // namespace twin
