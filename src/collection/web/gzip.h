#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace twin {

// Whether bytes are a gzip file by how they begin (RFC 1952).
bool is_gzip(std::string_view bytes);

// The bytes that a gzip file holds. Errors: kBadInput naming `where` for a broken file and for one
// that holds more than `max_bytes`.
std::string gunzip(std::string_view bytes, std::string_view where, size_t max_bytes);

}  // namespace twin
