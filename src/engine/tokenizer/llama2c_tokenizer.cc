#include <fmt/format.h>

#include <cstring>

#include "base/error.h"
#include "engine/tokenizer/read_tokenizer.h"
#include "engine/tokenizer/tokenizer_contents.h"
#include "engine/tokenizer/vocabulary.h"

namespace twin {
namespace {

constexpr size_t kMaxTokens = 1 << 20;
constexpr size_t kFirstByte = 3, kFirstText = kFirstByte + 256;

}  // namespace

std::unique_ptr<Tokenizer> read_llama2c_tokenizer(std::string_view bytes, std::string_view where) {
  TokenizerContents contents;
  const auto refuse = [&](const std::string& what) {
    throw Error(ErrorCode::kBadInput, fmt::format("{}: {}", where, what));
  };
  const auto take = [&](void* value, size_t size) {
    if (bytes.size() < size) refuse(fmt::format("ends inside token {}", contents.tokens.size()));
    std::memcpy(value, bytes.data(), size);
    bytes.remove_prefix(size);
  };
  int32_t longest = 0;
  take(&longest, sizeof longest);
  while (!bytes.empty() && contents.tokens.size() < kMaxTokens) {
    const size_t id = contents.tokens.size();
    float score = 0;
    int32_t length = 0;
    take(&score, sizeof score);
    take(&length, sizeof length);
    if (length < 0 || length > longest || static_cast<size_t>(length) > bytes.size()) {
      refuse(fmt::format("token {} claims {} bytes, the longest {}, {} are left", id, length,
                         longest, bytes.size()));
    }
    std::string piece(static_cast<size_t>(length), '\0');
    take(piece.data(), piece.size());
    // The file gives the first ones names that print well.
    if (id < kFirstByte) piece = id == 0 ? "<unk>" : id == 1 ? "<s>" : "</s>";
    const bool is_byte = id >= kFirstByte && id < kFirstText;
    if (is_byte) piece = byte_token_name(static_cast<unsigned char>(id - kFirstByte));
    if (piece == " ") contents.add_space_prefix = true;
    contents.tokens.push_back(std::move(piece));
    contents.scores.push_back(score);
    contents.token_types.push_back(id == 0           ? kUnknownToken
                                   : id < kFirstByte ? kControlToken
                                   : is_byte         ? kByteToken
                                                     : kNormalToken);
  }
  if (contents.tokens.size() < kFirstText) {
    refuse(fmt::format("{} tokens are too few for the bytes alone", contents.tokens.size()));
  }
  contents.model = "llama";
  contents.pre = "default";
  contents.unknown_token_id = 0;
  contents.bos_token_id = 1;
  contents.eos_token_id = 2;
  contents.add_space_prefix = contents.add_space_prefix.value_or(false);
  contents.escape_whitespaces = false;
  contents.raw_bytes = true;
  return make_tokenizer(std::move(contents), where);
}

}  // namespace twin
