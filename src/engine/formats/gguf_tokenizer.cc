#include "engine/formats/gguf_tokenizer.h"

#include <fmt/format.h>

#include <array>

#include "base/error.h"

namespace twin {
namespace {

using OptionalId = std::optional<TokenId> TokenizerContents::*;
using OptionalFlag = std::optional<bool> TokenizerContents::*;

constexpr std::array<std::pair<const char*, OptionalId>, 8> kIds = {
    {{"bos_token_id", &TokenizerContents::bos_token_id},
     {"eos_token_id", &TokenizerContents::eos_token_id},
     {"eot_token_id", &TokenizerContents::eot_token_id},
     {"unknown_token_id", &TokenizerContents::unknown_token_id},
     {"padding_token_id", &TokenizerContents::padding_token_id},
     {"seperator_token_id", &TokenizerContents::seperator_token_id},
     {"cls_token_id", &TokenizerContents::cls_token_id},
     {"mask_token_id", &TokenizerContents::mask_token_id}}};
constexpr std::array<std::pair<const char*, OptionalFlag>, 4> kFlags = {
    {{"add_bos_token", &TokenizerContents::add_bos_token},
     {"add_eos_token", &TokenizerContents::add_eos_token},
     {"add_space_prefix", &TokenizerContents::add_space_prefix},
     {"remove_extra_whitespaces", &TokenizerContents::remove_extra_whitespaces}}};

const std::string kPrefix = "tokenizer.ggml.";

}  // namespace

TokenizerContents read_gguf_tokenizer(const GgufMetadata& metadata) {
  TokenizerContents contents;
  contents.model = metadata.text_or(kPrefix + "model", "");
  if (contents.model.empty() || contents.model == "no_vocab")
    metadata.refuse("it has no tokenizer (tokenizer.ggml.model)");
  contents.pre = metadata.text_or(kPrefix + "pre", "default");
  contents.tokens = metadata.texts(kPrefix + "tokens");
  contents.merges = metadata.texts(kPrefix + "merges");
  for (double score : metadata.numbers(kPrefix + "scores")) {
    contents.scores.push_back(static_cast<float>(score));
  }
  for (double type : metadata.numbers(kPrefix + "token_type")) {
    if (!(type >= 0 && type <= INT32_MAX)) metadata.refuse("a token_type out of range");
    contents.token_types.push_back(static_cast<int32_t>(type));
  }
  for (const auto& [name, member] : kIds) {
    if (!metadata.has(kPrefix + name)) continue;
    const size_t id = metadata.size(kPrefix + name);
    // Files exist that write -1 here as 2^32 - 1.
    if (id < contents.tokens.size()) contents.*member = static_cast<TokenId>(id);
  }
  for (const auto& [name, member] : kFlags) {
    if (metadata.has(kPrefix + name)) contents.*member = metadata.flag_or(kPrefix + name, false);
  }
  if (metadata.has(kPrefix + "precompiled_charsmap")) {
    for (double byte : metadata.numbers(kPrefix + "precompiled_charsmap")) {
      if (!(byte >= -128 && byte <= 255)) metadata.refuse("precompiled_charsmap is not of bytes");
      contents.precompiled_charsmap += static_cast<char>(static_cast<int>(byte));
    }
  }
  return contents;
}

void write_gguf_tokenizer(const TokenizerContents& contents, size_t vocab_size,
                          GgufMetadata& metadata) {
  metadata.set_text(kPrefix + "model", contents.model);
  if (!contents.pre.empty()) metadata.set_text(kPrefix + "pre", contents.pre);
  std::vector<std::string> tokens = contents.tokens;
  std::vector<int32_t> types = contents.token_types;
  std::vector<float> scores = contents.scores;
  if (types.empty()) types.assign(tokens.size(), kNormalToken);
  for (size_t id = tokens.size(); id < vocab_size; ++id) {
    tokens.push_back(fmt::format("[PAD{}]", id));
    types.push_back(kUnusedToken);
    if (!scores.empty()) scores.push_back(-1000);
  }
  metadata.set_texts(kPrefix + "tokens", tokens);
  metadata.set_integers(kPrefix + "token_type", types);
  if (!scores.empty()) metadata.set_numbers(kPrefix + "scores", scores);
  if (!contents.merges.empty()) metadata.set_texts(kPrefix + "merges", contents.merges);
  for (const auto& [name, member] : kIds) {
    if (const auto id = contents.*member)
      metadata.set_size(kPrefix + name, static_cast<size_t>(*id));
  }
  for (const auto& [name, member] : kFlags) {
    if (const auto flag = contents.*member) metadata.set_flag(kPrefix + name, *flag);
  }
  if (!contents.precompiled_charsmap.empty()) {
    metadata.set_bytes(kPrefix + "precompiled_charsmap", contents.precompiled_charsmap);
  }
}

}  // namespace twin
