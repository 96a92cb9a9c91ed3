#include "stores/documents/mongo/large_bytes.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/hashing.h"

namespace twin::mongo {
namespace {

constexpr const char* kCollection = "twin_bytes";
constexpr size_t kPiece = size_t{4} << 20;

}  // namespace

void put_large(Connection& connection, std::string_view bytes) {
  const std::string hash = sha256(bytes);
  for (size_t piece = 0; piece * kPiece < bytes.size(); ++piece) {
    Bson bson;
    bson.text("_id", fmt::format("{}:{}", hash, piece));
    bson.bytes("data", bytes.substr(piece * kPiece, kPiece));
    connection.insert(kCollection, bson);
  }
}

std::string fetch_large(const Connection& connection, const std::string& hash) {
  std::string bytes;
  for (size_t piece = 0;; ++piece) {
    const auto found = connection.find_id(kCollection, fmt::format("{}:{}", hash, piece));
    if (!found) break;
    const std::string_view data = found->view().view("data");
    bytes += data;
    if (data.size() < kPiece) break;
  }
  if (sha256(bytes) != hash) {
    throw Error(ErrorCode::kBadInput,
                fmt::format("its bytes {} in {} are damaged", hash, kCollection));
  }
  return bytes;
}

}  // namespace twin::mongo
