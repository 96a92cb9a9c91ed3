#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "base/error.h"
#include "base/hashing.h"
#include "engine/tokenizer/bpe_model.h"
#include "engine/tokenizer/byte_characters.h"
#include "engine/tokenizer/contents_json.h"
#include "engine/tokenizer/contents_stages.h"
#include "engine/tokenizer/pipeline_tokenizer.h"
#include "engine/tokenizer/post_processor.h"
#include "engine/tokenizer/read_tokenizer.h"
#include "engine/tokenizer/sentencepiece_bpe.h"
#include "engine/tokenizer/sentencepiece_decoder.h"
#include "engine/tokenizer/sentencepiece_normalizer.h"
#include "engine/tokenizer/unigram_model.h"
#include "engine/tokenizer/utf8.h"
#include "engine/tokenizer/word_start_cut.h"

namespace twin {
namespace {

constexpr size_t kMaxTokens = 1 << 20;
constexpr size_t kMaxAddedBytes = 1024;

// Makes the parts of a tokenizer from GGUF's description, which `contents` is checked to be.
class Builder {
 public:
  Builder(TokenizerContents contents, std::string_view where)
      : contents_(std::move(contents)), where_(where) {}

  std::unique_ptr<Tokenizer> build() {
    check();
    // Small: by way of its tokenizer.json.
    if (contents_.model == "bert") return read_bert();
    stages_ = stages_of(contents_, where_);
    parts_.where = where_;
    parts_.fingerprint = fingerprint();
    add_tokens();
    contents_.model == "gpt2" ? build_byte_level() : build_sentencepiece();
    const Surroundings around =
        read_post_processor(stages_.post_processor, where_, contents_.tokens.size());
    parts_.prefix = around.prefix;
    parts_.suffix = around.suffix;
    parts_.contents = std::move(contents_);
    parts_.contents.tokens.clear();
    parts_.contents.merges.clear();
    return make_pipeline_tokenizer(std::move(parts_));
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(ErrorCode::kBadInput, fmt::format("{}: {}", where_, what));
  }

  void check() {
    const size_t count = contents_.tokens.size();
    if (count == 0 || count > kMaxTokens) {
      refuse(fmt::format("{} tokens; expected 1 to {}", count, kMaxTokens));
    }
    if (contents_.token_types.empty()) contents_.token_types.assign(count, kNormalToken);
    const bool scored = contents_.model == "llama" || contents_.model == "t5";
    if (contents_.token_types.size() != count ||
        (contents_.scores.size() != count && (scored || !contents_.scores.empty()))) {
      refuse(fmt::format("{} tokens, {} types and {} scores", count, contents_.token_types.size(),
                         contents_.scores.size()));
    }
    for (size_t i = 0; i < count; ++i) {
      const std::string& token = contents_.tokens[i];
      if (token.empty() && type(i) != kUnusedToken && type(i) != kNormalToken) {
        refuse(fmt::format("token {} is empty", i));
      }
      if (valid_prefix(token) != token.size()) refuse(fmt::format("token {} is not UTF-8", i));
      if (!contents_.scores.empty() && !(std::abs(contents_.scores[i]) < 1e30f)) {
        refuse(fmt::format("token {} has no finite score", i));
      }
    }
    for (std::optional<TokenId>* id :
         {&contents_.bos_token_id, &contents_.eos_token_id, &contents_.eot_token_id,
          &contents_.unknown_token_id, &contents_.padding_token_id, &contents_.seperator_token_id,
          &contents_.cls_token_id, &contents_.mask_token_id}) {
      if (*id && (**id < 0 || static_cast<size_t>(**id) >= count)) {
        refuse(fmt::format("special token id {} is outside the vocabulary of {}", **id, count));
      }
    }
  }

  int32_t type(size_t id) const { return contents_.token_types[id]; }

  std::unique_ptr<Tokenizer> read_bert() const {
    TokenizerContents named = contents_;
    if (!named.unknown_token_id) refuse("no unknown token");
    named.token_types[static_cast<size_t>(*named.unknown_token_id)] = kUnknownToken;
    for (const auto& id : {named.cls_token_id, named.seperator_token_id, named.padding_token_id,
                           named.mask_token_id, named.bos_token_id, named.eos_token_id}) {
      if (id) named.token_types[static_cast<size_t>(*id)] = kControlToken;
    }
    return read_tokenizer_json(json_of_contents(named, where_), where_);
  }

  void add_tokens() {
    for (size_t i = 0; i < contents_.tokens.size(); ++i) {
      if (type(i) != kControlToken && type(i) != kUserDefinedToken && type(i) != kUnknownToken) {
        continue;
      }
      // In SentencePiece user-defined tokens are the model's business.
      if (type(i) == kUserDefinedToken && contents_.model != "gpt2") continue;
      // An unknown token that shows in text is no special one.
      if (type(i) == kUnknownToken && !contents_.unknown_surface.empty()) continue;
      const std::string& content = contents_.tokens[i];
      if (content.size() > kMaxAddedBytes) refuse(fmt::format("token {} is too long", i));
      AddedToken added;
      added.id = static_cast<TokenId>(i);
      added.content = content;
      added.normalized = false;
      added.special = type(i) != kUserDefinedToken;
      parts_.added.push_back(std::move(added));
    }
  }

  void build_byte_level() {
    std::vector<std::string> tokens = contents_.tokens;
    std::vector<bool> usable(tokens.size(), false);
    std::unordered_map<std::string_view, TokenId> spelled;
    for (size_t i = 0; i < tokens.size(); ++i) {
      if (type(i) != kNormalToken && type(i) != kUserDefinedToken) {
        if (type(i) == kUnusedToken) tokens[i].clear();
        continue;
      }
      if (tokens[i].empty()) refuse(fmt::format("token {} is empty", i));
      const auto bytes = unspell_bytes(tokens[i]);
      if (bytes) {
        tokens[i] = *bytes;
        usable[i] = true;
        const bool fresh = spelled.try_emplace(contents_.tokens[i], static_cast<TokenId>(i)).second;
        if (!fresh) refuse(fmt::format("token '{}' is there twice", contents_.tokens[i]));
      } else if (type(i) == kNormalToken) {
        refuse(fmt::format("token '{}' does not spell bytes", tokens[i]));
      }
    }
    parts_.vocabulary = std::make_unique<Vocabulary>(std::move(tokens), usable);
    for (int byte = 0; byte < 256; ++byte) {
      if (parts_.vocabulary->find(std::string(1, static_cast<char>(byte))) == kNoToken) {
        refuse(fmt::format("its vocabulary lacks byte {}", byte));
      }
    }
    BpeMerges merges;
    uint32_t rank = 0;
    const auto id_of = [&](std::string_view name) {
      const auto found = spelled.find(name);
      return found == spelled.end() ? kNoToken : found->second;
    };
    for (const std::string& merge : contents_.merges) {
      const size_t space = merge.find(' ', 1);
      if (space == std::string::npos) refuse(fmt::format("merge '{}' has one part", merge));
      const std::string left = merge.substr(0, space), right = merge.substr(space + 1);
      const TokenId a = id_of(left), b = id_of(right), merged = id_of(left + right);
      // Files with a cut vocabulary keep all merges: one without its tokens never happens.
      if (a == kNoToken || b == kNoToken || merged == kNoToken) continue;
      merges.add(a, b, rank++, merged);
      parts_.merges.emplace_back(a, b);
    }
    parts_.normalizer = make_normalizer(stages_.normalizer, where_);
    parts_.pre_tokenizers.push_back(
        make_pre_tokenizer(stages_.pre_tokenizer, where_, parts_.byte_level));
    BpeOptions options;
    options.byte_level = true;
    options.ignore_merges = stages_.ignore_merges;
    parts_.model =
        std::make_unique<BpeModel>(*parts_.vocabulary, std::move(merges), std::move(options));
  }

  void build_sentencepiece() {
    const bool unigram = contents_.model == "t5";
    const size_t count = contents_.tokens.size();
    std::vector<bool> usable(count, false), user_defined(count, false), unused(count, false),
        mergeable(count, false);
    ByteTrie kept;
    for (size_t i = 0; i < count; ++i) {
      user_defined[i] = type(i) == kUserDefinedToken;
      unused[i] = type(i) == kUnusedToken;
      mergeable[i] = type(i) == kNormalToken || (unused[i] && !unigram);
      usable[i] = (mergeable[i] || user_defined[i]) && !contents_.tokens[i].empty();
      if (user_defined[i]) kept.add(contents_.tokens[i], static_cast<int32_t>(i));
    }
    parts_.vocabulary = std::make_unique<Vocabulary>(contents_.tokens, usable);
    parts_.decoder = make_sentencepiece_decoder(spaces(), contents_.unknown_surface);
    parts_.unknown_text = contents_.unknown_surface;
    std::optional<Charsmap> charsmap;
    if (!contents_.precompiled_charsmap.empty()) {
      charsmap.emplace(contents_.precompiled_charsmap, where_);
    }
    SentencePieceSpaces inside = spaces();
    inside.add_dummy_prefix = false;
    parts_.raw_bytes = contents_.raw_bytes;
    if (parts_.raw_bytes) {
      parts_.normalizer_inside = std::make_unique<SentencePieceNormalizer>(charsmap, kept, inside);
    }
    parts_.normalizer =
        std::make_unique<SentencePieceNormalizer>(std::move(charsmap), kept, spaces());
    if (unigram) {
      build_unigram(std::move(usable), std::move(user_defined));
      return;
    }
    if (!kept.empty()) parts_.pre_tokenizers.push_back(make_user_defined_cut(std::move(kept)));
    if (words_are_independent(*parts_.vocabulary, mergeable)) {
      parts_.pre_tokenizers.push_back(make_word_start_cut());
    } else {
      parts_.cache_pieces = false;
    }
    SentencePieceBpeOptions options;
    options.scores = contents_.scores;
    options.user_defined = std::move(user_defined);
    options.unused = std::move(unused);
    options.unk_token = contents_.unknown_token_id;
    options.id_of_byte = ids_of_bytes();
    parts_.model = std::make_unique<SentencePieceBpe>(*parts_.vocabulary, std::move(options));
  }

  void build_unigram(std::vector<bool> usable, std::vector<bool> user_defined) {
    UnigramOptions options;
    options.scores.assign(contents_.scores.begin(), contents_.scores.end());
    options.usable = std::move(usable);
    options.user_defined = std::move(user_defined);
    options.unk_token = contents_.unknown_token_id;
    options.id_of_byte = ids_of_bytes();
    options.sentencepiece = true;
    parts_.cache_pieces = false;
    parts_.model = std::make_unique<UnigramModel>(*parts_.vocabulary, std::move(options));
  }

  SentencePieceSpaces spaces() const {
    SentencePieceSpaces spaces;
    spaces.add_dummy_prefix = contents_.add_space_prefix.value_or(true);
    spaces.remove_extra_whitespaces =
        contents_.remove_extra_whitespaces.value_or(contents_.model == "t5");
    spaces.escape_whitespaces = contents_.escape_whitespaces;
    spaces.treat_whitespace_as_suffix = contents_.treat_whitespace_as_suffix;
    return spaces;
  }

  std::array<TokenId, 256> ids_of_bytes() const {
    std::array<TokenId, 256> ids{};
    ids.fill(kNoToken);
    for (size_t i = 0; i < contents_.tokens.size(); ++i) {
      if (type(i) != kByteToken) continue;
      const auto byte = byte_of_name(contents_.tokens[i]);
      if (!byte) refuse(fmt::format("byte token '{}' names no byte", contents_.tokens[i]));
      ids[static_cast<unsigned char>(*byte)] = static_cast<TokenId>(i);
    }
    return ids;
  }

  std::string fingerprint() const {
    Json all = {{"model", contents_.model}, {"pre", contents_.pre}, {"merges", contents_.merges}};
    std::string bytes = dump_json(all);
    for (size_t i = 0; i < contents_.tokens.size(); ++i) {
      const float score = contents_.scores.empty() ? 0 : contents_.scores[i];
      bytes += fmt::format("{}:{}:{}:{}\n", contents_.tokens[i].size(), contents_.tokens[i],
                           type(i), score);
    }
    const auto flag = [](std::optional<bool> value) { return value ? int{*value} : -1; };
    bytes +=
        fmt::format("{} {} {} {} ", flag(contents_.add_bos_token), flag(contents_.add_eos_token),
                    flag(contents_.add_space_prefix), flag(contents_.remove_extra_whitespaces));
    for (const auto& id : {contents_.bos_token_id, contents_.eos_token_id}) {
      bytes += fmt::format("{} ", id.value_or(kNoToken));
    }
    return sha256(bytes + contents_.precompiled_charsmap);
  }

  TokenizerContents contents_;
  std::string where_;
  ContentsStages stages_;
  TokenizerParts parts_;
};

}  // namespace

std::unique_ptr<Tokenizer> make_tokenizer(TokenizerContents contents, std::string_view where) {
  return Builder(std::move(contents), where).build();
}

}  // namespace twin
