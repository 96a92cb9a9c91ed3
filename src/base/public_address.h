#pragma once

#include <string>

struct sockaddr;

namespace twin {

// Whether an IPv4 or IPv6 address is one of the public Internet: not loopback, private, link-local,
// shared (carrier-grade NAT), multicast, documentation or reserved, also where an IPv6 address
// carries such an IPv4 one (mapped, compatible, 6to4, NAT64, Teredo). Other families are not.
// Source: the IANA special-purpose address registries (RFC 6890 and its updates).
bool is_public_address(const sockaddr* address);

// "192.168.0.1", "fe80::1"; "?" for other families.
std::string address_text(const sockaddr* address);

}  // namespace twin
