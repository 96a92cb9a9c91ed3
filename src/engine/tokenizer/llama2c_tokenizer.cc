#include <fmt/format.h>

#include <cstring>
#include <unordered_map>

#include "base/error.h"
#include "base/hashing.h"
#include "engine/tokenizer/byte_level_bpe.h"
#include "engine/tokenizer/tokenizer_contents.h"

namespace twin {
namespace {

constexpr size_t kMaxTokens = 1 << 20;
constexpr TokenId kBos = 1, kEos = 2, kFirstByte = 3, kFirstText = kFirstByte + 256;

class Llama2cTokenizer : public Tokenizer {
 public:
  Llama2cTokenizer(std::string_view bytes, const std::string& where) : fingerprint_(sha256(bytes)) {
    const auto take = [&](size_t size) {
      if (bytes.size() < size) {
        throw Error(ErrorCode::kBadInput,
                    fmt::format("{}: ends inside token {}", where, pieces_.size()));
      }
      const std::string_view taken = bytes.substr(0, size);
      bytes.remove_prefix(size);
      return taken;
    };
    int32_t longest = 0;
    std::memcpy(&longest, take(sizeof longest).data(), sizeof longest);
    while (!bytes.empty() && pieces_.size() < kMaxTokens) {
      float score = 0;
      int32_t length = 0;
      std::memcpy(&score, take(sizeof score).data(), sizeof score);
      std::memcpy(&length, take(sizeof length).data(), sizeof length);
      if (length < 0 || length > longest) {
        throw Error(ErrorCode::kBadInput,
                    fmt::format("{}: token {} claims {} bytes, the longest {}", where,
                                pieces_.size(), length, longest));
      }
      std::string piece(take(static_cast<size_t>(length)));
      const auto id = static_cast<TokenId>(pieces_.size());
      if (id >= kFirstText) ids_.try_emplace(piece, id);
      pieces_.push_back(std::move(piece));
      scores_.push_back(score);
    }
    if (pieces_.size() < static_cast<size_t>(kFirstText)) {
      throw Error(ErrorCode::kBadInput, fmt::format("{}: {} tokens are too few for the bytes alone",
                                                    where, pieces_.size()));
    }
  }

  size_t vocab_size() const override { return pieces_.size(); }

  using Tokenizer::decode;
  using Tokenizer::encode;

  std::vector<TokenId> encode(std::string_view text, const EncodeOptions& options) const override {
    std::vector<TokenId> ids;
    if (options.add_special_tokens) ids.push_back(kBos);
    if (text.empty()) return ids;
    const size_t begin = ids.size();
    if (puts_space_in_front()) ids.push_back(ids_.at(" "));
    while (!text.empty()) {
      // A character: a byte and the continuation bytes after it, four at most.
      size_t length = 1;
      while (length < 4 && length < text.size() &&
             (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80) {
        ++length;
      }
      const auto found = ids_.find(std::string(text.substr(0, length)));
      if (found != ids_.end()) {
        ids.push_back(found->second);
      } else {
        for (char c : text.substr(0, length)) {
          ids.push_back(kFirstByte + static_cast<unsigned char>(c));
        }
      }
      text.remove_prefix(length);
    }
    std::vector<TokenId> merged(ids.begin() + static_cast<ptrdiff_t>(begin), ids.end());
    merge(merged);
    ids.resize(begin);
    ids.insert(ids.end(), merged.begin(), merged.end());
    return ids;
  }

  // As run.c: the space that encode() put in front is taken off again.
  std::string decode(std::span<const TokenId> ids, const DecodeOptions& options) const override {
    std::string text;
    for (TokenId id : ids) {
      text += !options.skip_special && id >= 0 && id <= kEos ? pieces_[static_cast<size_t>(id)]
                                                             : token_bytes(id);
    }
    if (puts_space_in_front() && text.starts_with(' ')) text.erase(0, 1);
    return text;
  }

  std::string token_bytes(TokenId id) const override {
    if (id < 0 || static_cast<size_t>(id) >= pieces_.size()) {
      throw Error(ErrorCode::kBadInput,
                  fmt::format("token id {} is outside the vocabulary of {}", id, pieces_.size()));
    }
    if (id >= kFirstText) return pieces_[static_cast<size_t>(id)];
    return id > kEos ? std::string(1, static_cast<char>(id - kFirstByte)) : std::string();
  }

  TokenizerContents contents() const override {
    throw Error(ErrorCode::kBadInput, "llama2.c's tokenizer has no form in GGUF yet");
  }
  std::string json() const override {
    throw Error(ErrorCode::kBadInput, "llama2.c's tokenizer has no form in Hugging Face's yet");
  }

  std::optional<TokenId> special_token(std::string_view name) const override {
    if (name == "<s>") return kBos;
    if (name == "</s>") return kEos;
    return std::nullopt;
  }
  std::optional<TokenId> bos_token_id() const override { return kBos; }
  std::optional<TokenId> eos_token_id() const override { return kEos; }
  std::string fingerprint() const override { return fingerprint_; }

 private:
  bool puts_space_in_front() const { return ids_.count(" ") != 0; }

  // The pair whose merged piece scores highest, again and again.
  void merge(std::vector<TokenId>& ids) const {
    while (true) {
      float best = -1e10f;
      size_t at = 0;
      TokenId merged = -1;
      for (size_t i = 0; i + 1 < ids.size(); ++i) {
        if (ids[i] < kFirstText || ids[i + 1] < kFirstText) continue;  // a byte is no text to merge
        const auto found = ids_.find(pieces_[static_cast<size_t>(ids[i])] +
                                     pieces_[static_cast<size_t>(ids[i + 1])]);
        if (found != ids_.end() && scores_[static_cast<size_t>(found->second)] > best) {
          best = scores_[static_cast<size_t>(found->second)];
          at = i;
          merged = found->second;
        }
      }
      if (merged < 0) return;
      ids[at] = merged;
      ids.erase(ids.begin() + static_cast<ptrdiff_t>(at) + 1);
    }
  }

  std::string fingerprint_;
  std::vector<std::string> pieces_;
  std::vector<float> scores_;
  std::unordered_map<std::string, TokenId> ids_;  // of text alone
};

}  // namespace

std::unique_ptr<Tokenizer> read_llama2c_tokenizer(std::string_view bytes, std::string_view where) {
  return std::make_unique<Llama2cTokenizer>(bytes, std::string(where));
}

}  // namespace twin
