#pragma once

#include <string>
#include <string_view>

#include "stores/documents/mongo/connection.h"

// Bytes that are too long for a document, in pieces of 4 MiB in `twin_bytes`: {_id: "SHA-256:0",
// data}, {_id: "SHA-256:1", data}, ...
namespace twin::mongo {

// The same bytes are stored once. Whole once it returns; what a crash left is completed by the next
// put of the same bytes.
void put_large(Connection& connection, std::string_view bytes);

// Errors: kBadInput where they are not there as they were.
std::string fetch_large(const Connection& connection, const std::string& hash);

}  // namespace twin::mongo
