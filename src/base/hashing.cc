#include "base/hashing.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <span>

#include "base/error.h"

namespace twin {
namespace {

using Digest = std::array<unsigned char, 32>;  // SHA-256

struct ContextDeleter {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using DigestContext = std::unique_ptr<EVP_MD_CTX, ContextDeleter>;

DigestContext start(const EVP_MD* algorithm) {
  DigestContext context(EVP_MD_CTX_new());
  TWIN_CHECK(context && EVP_DigestInit_ex(context.get(), algorithm, nullptr) == 1);
  return context;
}

DigestContext start_sha256() { return start(EVP_sha256()); }

void update(EVP_MD_CTX* context, std::string_view bytes) {
  TWIN_CHECK(EVP_DigestUpdate(context, bytes.data(), bytes.size()) == 1);
}

Digest finish_digest(EVP_MD_CTX* context) {
  Digest digest;
  TWIN_CHECK(EVP_DigestFinal_ex(context, digest.data(), nullptr) == 1);
  return digest;
}

std::string hex(std::span<const unsigned char> digest) {
  std::string text;
  for (unsigned char byte : digest) fmt::format_to(std::back_inserter(text), "{:02x}", byte);
  return text;
}

Digest digest_of(std::string_view bytes) {
  DigestContext context = start_sha256();
  update(context.get(), bytes);
  return finish_digest(context.get());
}

}  // namespace

std::string sha256(std::string_view bytes) { return hex(digest_of(bytes)); }

struct StreamHasher::Impl {
  DigestContext context;
};

StreamHasher::StreamHasher(Algorithm algorithm)
    : impl_(new Impl{start(algorithm == Algorithm::kSha1 ? EVP_sha1() : EVP_sha256())}) {}
StreamHasher::~StreamHasher() = default;

StreamHasher& StreamHasher::add(std::string_view bytes) {
  update(impl_->context.get(), bytes);
  return *this;
}

std::string StreamHasher::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  TWIN_CHECK(EVP_DigestFinal_ex(impl_->context.get(), digest.data(), &size) == 1);
  return hex(std::span(digest).first(size));
}

struct KeyHasher::Impl {
  DigestContext context = start_sha256();
};

KeyHasher::KeyHasher() : impl_(std::make_unique<Impl>()) {}
KeyHasher::~KeyHasher() = default;

KeyHasher& KeyHasher::add(std::string_view part) {
  update(impl_->context.get(), fmt::format("{}:", part.size()));
  update(impl_->context.get(), part);
  return *this;
}

KeyHasher& KeyHasher::add(double value) { return add(std::string_view(fmt::format("{}", value))); }

KeyHasher& KeyHasher::add(long long value) {
  return add(std::string_view(fmt::format("{}", value)));
}

std::string KeyHasher::finish() { return hex(finish_digest(impl_->context.get())); }

std::string uuid_from_name(std::string_view name) {
  Digest d = digest_of(fmt::format("twin-writer:{}", name));
  d[6] = static_cast<unsigned char>((d[6] & 0x0f) | 0x80);
  d[8] = static_cast<unsigned char>((d[8] & 0x3f) | 0x80);
  const std::string digits = hex(d);
  return fmt::format("{}-{}-{}-{}-{}", digits.substr(0, 8), digits.substr(8, 4),
                     digits.substr(12, 4), digits.substr(16, 4), digits.substr(20, 12));
}

}  // namespace twin
