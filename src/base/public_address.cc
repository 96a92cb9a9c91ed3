#include "base/public_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace twin {
namespace {

struct Ipv4Block {
  uint32_t network;
  unsigned bits;
};
constexpr uint32_t ipv4(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
  return a << 24 | b << 16 | c << 8 | d;
}
constexpr std::array<Ipv4Block, 16> kNotPublicIpv4 = {{
    {ipv4(0, 0, 0, 0), 8},        // this network
    {ipv4(10, 0, 0, 0), 8},       // private
    {ipv4(100, 64, 0, 0), 10},    // shared, carrier-grade NAT
    {ipv4(127, 0, 0, 0), 8},      // loopback
    {ipv4(169, 254, 0, 0), 16},   // link-local, cloud metadata
    {ipv4(172, 16, 0, 0), 12},    // private
    {ipv4(192, 0, 0, 0), 24},     // protocol assignments
    {ipv4(192, 0, 2, 0), 24},     // documentation
    {ipv4(192, 31, 196, 0), 24},  // AS112
    {ipv4(192, 88, 99, 0), 24},   // 6to4 relays
    {ipv4(192, 168, 0, 0), 16},   // private
    {ipv4(198, 18, 0, 0), 15},    // benchmarking
    {ipv4(198, 51, 100, 0), 24},  // documentation
    {ipv4(203, 0, 113, 0), 24},   // documentation
    {ipv4(224, 0, 0, 0), 4},      // multicast
    {ipv4(240, 0, 0, 0), 4},      // reserved, broadcast
}};

bool is_public_ipv4(uint32_t address) {
  return std::none_of(kNotPublicIpv4.begin(), kNotPublicIpv4.end(), [&](const Ipv4Block& block) {
    return (address ^ block.network) >> (32 - block.bits) == 0;
  });
}

bool is_public_ipv6(const std::array<uint8_t, 16>& bytes) {
  const auto embedded = [&](size_t at) {
    return ipv4(bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]);
  };
  const auto starts = [&](std::initializer_list<uint8_t> prefix) {
    return std::equal(prefix.begin(), prefix.end(), bytes.begin());
  };
  const bool zeros =
      std::all_of(bytes.begin(), bytes.begin() + 10, [](uint8_t b) { return b == 0; });
  const bool mapped = zeros && bytes[10] == 0xff && bytes[11] == 0xff;
  const bool compatible = zeros && bytes[10] == 0 && bytes[11] == 0;  // also :: and ::1
  if (mapped || compatible) return is_public_ipv4(embedded(12));
  if (starts({0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0})) {  // NAT64
    return is_public_ipv4(embedded(12));
  }
  if ((bytes[0] & 0xe0) != 0x20) return false;                   // outside of 2000::/3
  if (starts({0x20, 0x02})) return is_public_ipv4(embedded(2));  // 6to4
  if (starts({0x20, 0x01}) && bytes[2] < 0x02) return false;     // 2001::/23: Teredo and others
  if (starts({0x20, 0x01, 0x0d, 0xb8})) return false;            // documentation
  if (starts({0x3f, 0xff}) && bytes[2] < 0x10) return false;     // documentation, RFC 9637
  return true;
}

}  // namespace

bool is_public_address(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, address, sizeof in);
    return is_public_ipv4(ntohl(in.sin_addr.s_addr));
  }
  if (address->sa_family != AF_INET6) return false;
  sockaddr_in6 in6{};
  std::memcpy(&in6, address, sizeof in6);
  std::array<uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), &in6.sin6_addr, bytes.size());
  return is_public_ipv6(bytes);
}

std::string address_text(const sockaddr* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* bytes = nullptr;
  sockaddr_in in{};
  sockaddr_in6 in6{};
  if (address->sa_family == AF_INET) {
    std::memcpy(&in, address, sizeof in);
    bytes = &in.sin_addr;
  } else if (address->sa_family == AF_INET6) {
    std::memcpy(&in6, address, sizeof in6);
    bytes = &in6.sin6_addr;
  }
  if (bytes == nullptr ||
      inet_ntop(address->sa_family, bytes, text.data(), text.size()) == nullptr) {
    return "?";
  }
  return text.data();
}

}  // namespace twin
