#include "engine/tokenizer/contents_json.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "engine/tokenizer/contents_stages.h"
#include "engine/tokenizer/sentencepiece_scores.h"
#include "engine/tokenizer/vocabulary.h"

namespace twin {
namespace {

// BERT's own spelling of a token, from GGUF's.
std::string word_piece_name(const std::string& token, int32_t type) {
  const bool bracketed = token.starts_with('[') && token.ends_with(']');
  if (type == kControlToken || type == kUnknownToken || bracketed) return token;
  return token.starts_with("\u2581") ? token.substr(3) : "##" + token;
}

OrderedJson added_tokens_of(const TokenizerContents& contents) {
  OrderedJson added = OrderedJson::array();
  for (size_t id = 0; id < contents.token_types.size(); ++id) {
    const int32_t type = contents.token_types[id];
    if (type != kControlToken && type != kUserDefinedToken && type != kUnknownToken) continue;
    added.push_back({{"id", id},
                     {"content", contents.tokens[id]},
                     {"single_word", false},
                     {"lstrip", false},
                     {"rstrip", false},
                     {"normalized", false},
                     {"special", type != kUserDefinedToken}});
  }
  return added;
}

OrderedJson model_of(const TokenizerContents& contents, const ContentsStages& stages) {
  const auto name_of = [&](std::optional<TokenId> id) -> OrderedJson {
    if (!id) return nullptr;
    return contents.tokens[static_cast<size_t>(*id)];
  };
  if (contents.model == "t5") {
    OrderedJson vocab = OrderedJson::array();
    for (size_t id = 0; id < contents.tokens.size(); ++id) {
      vocab.push_back({contents.tokens[id], contents.scores[id]});
    }
    OrderedJson unknown = nullptr;
    if (contents.unknown_token_id) unknown = *contents.unknown_token_id;
    bool bytes = false;
    for (int32_t type : contents.token_types) bytes = bytes || type == kByteToken;
    return {{"type", "Unigram"}, {"unk_id", unknown}, {"vocab", vocab}, {"byte_fallback", bytes}};
  }
  // Appended: an ordered object looks at all its members when one is set.
  OrderedJson::object_t vocab;
  if (contents.model == "bert") {
    for (size_t id = 0; id < contents.tokens.size(); ++id) {
      const int32_t type = contents.token_types.empty() ? kNormalToken : contents.token_types[id];
      vocab.emplace_back(word_piece_name(contents.tokens[id], type), id);
    }
    return {{"type", "WordPiece"},
            {"unk_token", name_of(contents.unknown_token_id)},
            {"continuing_subword_prefix", "##"},
            {"max_input_chars_per_word", 100},
            {"vocab", vocab}};
  }
  for (size_t id = 0; id < contents.tokens.size(); ++id)
    vocab.emplace_back(contents.tokens[id], id);
  OrderedJson merges = OrderedJson::array();
  if (contents.model == "llama") {
    std::vector<bool> usable(contents.tokens.size(), true);
    for (size_t id = 0; id < contents.token_types.size(); ++id) {
      usable[id] = contents.token_types[id] == kNormalToken;
    }
    const Vocabulary vocabulary(contents.tokens, usable);
    for (const auto& [left, right] : merges_of_scores(vocabulary, usable, contents.scores)) {
      merges.push_back({vocabulary[left], vocabulary[right]});
    }
  } else {
    for (const std::string& merge : contents.merges) {
      const size_t space = merge.find(' ', 1);
      merges.push_back({merge.substr(0, space), merge.substr(space + 1)});
    }
  }
  const bool llama = contents.model == "llama";
  return {{"type", "BPE"},
          {"dropout", nullptr},
          {"unk_token", llama ? name_of(contents.unknown_token_id) : nullptr},
          {"continuing_subword_prefix", nullptr},
          {"end_of_word_suffix", nullptr},
          {"fuse_unk", llama},
          {"byte_fallback", llama},
          {"ignore_merges", stages.ignore_merges},
          {"vocab", vocab},
          {"merges", merges}};
}

}  // namespace

std::string json_of_contents(const TokenizerContents& contents, std::string_view where) {
  const ContentsStages stages = stages_of(contents, where);
  const OrderedJson json = {{"version", "1.0"},
                            {"truncation", nullptr},
                            {"padding", nullptr},
                            {"added_tokens", added_tokens_of(contents)},
                            {"normalizer", stages.normalizer},
                            {"pre_tokenizer", stages.pre_tokenizer},
                            {"post_processor", stages.post_processor},
                            {"decoder", stages.decoder},
                            {"model", model_of(contents, stages)}};
  return dump_json(json) + '\n';
}

}  // namespace twin
