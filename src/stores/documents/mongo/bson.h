#pragma once

#include <bson/bson.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace twin::mongo {

// A BSON document that is read where it lies: valid as long as what it was made from. Fields of
// another type than asked for count as absent.
class BsonView {
 public:
  BsonView() = default;  // an empty one
  BsonView(const bson_t* document)
      : data_(bson_get_data(document)),
        size_(document->len) {}  // NOLINT: one is as good as the other
  BsonView(const uint8_t* data, size_t size) : data_(data), size_(size) {}

  std::string_view bytes() const { return {reinterpret_cast<const char*>(data_), size_}; }
  bool has(const char* name) const;
  // Of a string, or of bytes; empty where it is absent.
  std::string text(const char* name) const;
  std::string_view view(const char* name) const;
  int64_t integer(const char* name, int64_t otherwise = 0) const;
  bool boolean(const char* name, bool otherwise = false) const;
  BsonView child(const char* name) const;
  std::vector<BsonView> children(const char* name) const;  // the documents of a list
  std::vector<std::string> texts(const char* name) const;  // the texts of a list

 private:
  bool find(const char* name, bson_iter_t& found) const;

  const uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

// A BSON document that is being made, or a copy of one. Errors: kDoesNotFit beyond 2 GB.
class Bson {
 public:
  Bson() : bson_(bson_new()) {}
  explicit Bson(const bson_t* copied) : bson_(bson_copy(copied)) {}
  Bson(Bson&& other) noexcept : bson_(std::exchange(other.bson_, nullptr)) {}
  Bson& operator=(Bson&& other) noexcept {
    std::swap(bson_, other.bson_);
    return *this;
  }
  ~Bson() { bson_destroy(bson_); }

  // A string where the text is UTF-8 without zero bytes, else bytes: both are read as text again.
  Bson& text(std::string_view name, std::string_view value);
  Bson& bytes(std::string_view name, std::string_view value);
  Bson& integer(std::string_view name, int64_t value);
  Bson& boolean(std::string_view name, bool value);
  Bson& real(std::string_view name, double value);
  Bson& null(std::string_view name);
  Bson& time(std::string_view name, int64_t milliseconds);  // since 1970
  Bson& document(std::string_view name, const Bson& value);
  Bson& list(std::string_view name, const std::vector<Bson>& values);
  Bson& list(std::string_view name, const std::vector<std::string>& values);
  // A list made of a document whose names are "0", "1", ...
  Bson& list(std::string_view name, const Bson& values);
  // All fields of another, behind those that are there.
  Bson& append(BsonView other);

  const bson_t* get() const { return bson_; }
  BsonView view() const { return bson_; }
  size_t size() const { return bson_->len; }

 private:
  void check(bool fits) const;

  bson_t* bson_;
};

// Whether a text can be a BSON string that every server takes: UTF-8 without zero bytes.
bool is_bson_text(std::string_view text);

// A new id: 24 hexadecimal digits, never the same twice.
std::string new_token();

}  // namespace twin::mongo
