#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace twin {

// SHA-256 as 64 lower-case hexadecimal digits (OpenSSL).
std::string sha256(std::string_view bytes);

// A digest of bytes that come in pieces (OpenSSL).
class StreamHasher {
 public:
  enum class Algorithm { kSha1, kSha256 };
  explicit StreamHasher(Algorithm algorithm);
  ~StreamHasher();
  StreamHasher& add(std::string_view bytes);
  // The digest in lower-case hexadecimal; the hasher is spent.
  std::string finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// SHA-256 of several parts. Each part's length goes in before it, so that ("ab", "c") and
// ("a", "bc") differ: what a step's cache key is made of.
class KeyHasher {
 public:
  KeyHasher();
  ~KeyHasher();
  KeyHasher& add(std::string_view part);
  KeyHasher& add(double value);
  KeyHasher& add(long long value);
  // The key; the hasher is spent.
  std::string finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// A UUID made from a name by SHA-256: the same name always gives the same id.
// Source: RFC 9562, section 5.8 (version 8, as in its example of a hash-based UUID).
std::string uuid_from_name(std::string_view name);

}  // namespace twin
