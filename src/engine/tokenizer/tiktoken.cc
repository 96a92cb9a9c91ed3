#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "base/error.h"
#include "base/hashing.h"
#include "engine/tokenizer/base64.h"
#include "engine/tokenizer/bpe_model.h"
#include "engine/tokenizer/pipeline_tokenizer.h"
#include "engine/tokenizer/read_tokenizer.h"
#include "engine/tokenizer/tiktoken_encodings.h"

namespace twin {
namespace {

constexpr size_t kMaxTokens = 1 << 20;
constexpr size_t kMaxTokenBytes = 1024;

// Ranks are merges without a list: two neighbours may join where what they make has a rank. As a
// list, each token is joined from every two tokens that make it, at its rank.
class RankReader {
 public:
  RankReader(std::string_view text, std::string_view where) : where_(where) {
    for (size_t line = 1; !text.empty(); ++line) {
      const size_t end = std::min(text.find('\n'), text.size());
      read_line(text.substr(0, end), line);
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    for (int byte = 0; byte < 256; ++byte) {
      if (ids_.count(std::string(1, static_cast<char>(byte))) == 0) {
        refuse(fmt::format("no rank for byte {}", byte));
      }
    }
  }

  std::vector<std::string> tokens() const { return tokens_; }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(ErrorCode::kBadInput, fmt::format("{}: {}", where_, what));
  }

  // "base64 rank"
  void read_line(std::string_view line, size_t number) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) return;
    const size_t space = std::min(line.find(' '), line.size());
    auto bytes = decode_base64(line.substr(0, space));
    size_t rank = 0;
    bool sound =
        bytes && !bytes->empty() && bytes->size() <= kMaxTokenBytes && space + 1 < line.size();
    for (char c : line.substr(std::min(space + 1, line.size()))) {
      sound = sound && c >= '0' && c <= '9' && rank < kMaxTokens;
      rank = rank * 10 + static_cast<size_t>(c - '0');
    }
    if (!sound || rank >= kMaxTokens) {
      refuse(fmt::format("line {} is not base64 and a rank below {}", number, kMaxTokens));
    }
    // Ranks are ids: those of a file leave no more free than they take.
    if (rank > 2 * number + 1024) refuse(fmt::format("line {}: rank {} is too high", number, rank));
    if (tokens_.size() <= rank) tokens_.resize(rank + 1);
    if (!tokens_[rank].empty() || !ids_.try_emplace(*bytes, rank).second) {
      refuse(fmt::format("line {}: a rank or a token is there twice", number));
    }
    tokens_[rank] = std::move(*bytes);
  }

  std::string where_;
  std::vector<std::string> tokens_;
  std::unordered_map<std::string, size_t> ids_;
};

}  // namespace

std::unique_ptr<Tokenizer> read_tiktoken(std::string_view text, std::string_view encoding,
                                         std::string_view where) {
  const TiktokenEncoding named = tiktoken_encoding(encoding, where);
  std::vector<std::string> tokens = RankReader(text, where).tokens();
  std::vector<bool> usable;
  usable.reserve(tokens.size());
  for (const std::string& token : tokens) usable.push_back(!token.empty());

  TokenizerParts parts;
  parts.where = where;
  for (const auto& [content, fixed] : named.specials) {
    const auto id = static_cast<size_t>(fixed.value_or(static_cast<TokenId>(tokens.size())));
    if (id > tokens.size() + (1 << 16)) continue;  // a cut-down vocabulary
    if (tokens.size() <= id) tokens.resize(id + 1);
    usable.resize(tokens.size(), false);
    if (!tokens[id].empty()) {
      throw Error(ErrorCode::kBadInput,
                  fmt::format("{}: '{}' and a rank have the id {}", where, content, id));
    }
    tokens[id] = content;
    AddedToken added;
    added.id = static_cast<TokenId>(id);
    added.content = content;
    added.normalized = false;
    added.special = true;
    parts.added.push_back(std::move(added));
  }
  parts.vocabulary = std::make_unique<Vocabulary>(tokens, usable);
  BpeMerges merges;
  for (size_t id = 0; id < tokens.size(); ++id) {
    if (!usable[id] || tokens[id].size() < 2) continue;
    const std::string_view token = tokens[id];
    for (size_t cut = 1; cut < token.size(); ++cut) {
      const TokenId left = parts.vocabulary->find(token.substr(0, cut));
      const TokenId right = parts.vocabulary->find(token.substr(cut));
      if (left == kNoToken || right == kNoToken) continue;
      merges.add(left, right, static_cast<uint32_t>(id), static_cast<TokenId>(id));
      parts.merges.emplace_back(left, right);
    }
  }
  BpeOptions options;
  options.byte_level = true;
  options.ignore_merges = true;  // a piece that has a rank is that token
  parts.pre_tokenizers.push_back(tiktoken_pre_tokenizer(named, where));
  parts.byte_level = true;
  parts.model = std::make_unique<BpeModel>(*parts.vocabulary, std::move(merges), options);
  parts.fingerprint = sha256(std::string(encoding) + '\n' + std::string(text));
  parts.contents.model = "gpt2";
  parts.contents.pre = named.gguf_pre;
  if (parts.contents.pre.empty()) parts.no_contents = "its pattern has no name there";
  for (const AddedToken& added : parts.added) {
    if (added.content == "<|endoftext|>" || added.content == "<|end_of_text|>") {
      parts.contents.eos_token_id = added.id;
    }
    if (added.content == "<|begin_of_text|>") parts.contents.bos_token_id = added.id;
  }
  if (parts.contents.bos_token_id) parts.prefix = {*parts.contents.bos_token_id};
  parts.contents.add_bos_token = !parts.prefix.empty();
  parts.contents.add_eos_token = false;
  return make_pipeline_tokenizer(std::move(parts));
}

}  // namespace twin
