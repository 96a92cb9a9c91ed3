#include "engine/tokenizer/byte_level_bpe.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/hashing.h"
#include "base/json.h"
#include "engine/tokenizer/bpe_merge.h"
#include "engine/tokenizer/byte_characters.h"
#include "engine/tokenizer/pre_tokenizer.h"
#include "engine/tokenizer/tokenizer_contents.h"

namespace twin {
namespace {

constexpr TokenId kMaxId = 1 << 20;  // no model has a larger vocabulary: see check_config

// What ends a text or begins one, in the models we know of.
constexpr const char* kEosNames[] = {"<|end|>", "<|endoftext|>", "</s>", "<|end_of_text|>",
                                     "<|im_end|>"};
constexpr const char* kBosNames[] = {"<s>", "<|begin_of_text|>"};

class ByteLevelBpe : public Tokenizer {
 public:
  ByteLevelBpe(std::string_view text, std::string where) : where_(std::move(where)) {
    const Json json = parse_json(text, where_);
    fingerprint_ = sha256(text);
    text_ = text;
    if (!json.is_object()) refuse("expected an object");
    if (!json.contains("model") || !json["model"].is_object()) refuse("no model");
    check_parts(json);
    read_added_tokens(json);
    read_vocab(json["model"]);
    read_merges(json["model"]);
  }

  size_t vocab_size() const override { return bytes_of_.size(); }

  using Tokenizer::decode;
  using Tokenizer::encode;

  std::vector<TokenId> encode(std::string_view text, const EncodeOptions& options) const override {
    std::vector<TokenId> ids;
    size_t begin = 0;
    for (size_t at = 0; options.parse_special && at < text.size();) {
      const auto special = special_at(text, at);
      const size_t end = special ? at + special->first.size() : at;
      if (!special || overlaps(options.verbatim, at, end)) {
        ++at;
        continue;
      }
      encode_plain(text.substr(begin, at - begin), ids);
      ids.push_back(special->second);
      begin = at = end;
    }
    encode_plain(text.substr(begin), ids);
    return ids;
  }

  std::string decode(std::span<const TokenId> ids, const DecodeOptions& options) const override {
    std::string text;
    for (TokenId id : ids) {
      text += token_bytes(id);
      if (options.skip_special) continue;
      for (const auto& [name, special] : specials_) text += special == id ? name : "";
    }
    return text;
  }

  std::string token_bytes(TokenId id) const override {
    if (id < 0 || static_cast<size_t>(id) >= bytes_of_.size()) {
      throw Error(ErrorCode::kBadInput,
                  fmt::format("token id {} is outside the vocabulary of {}", id, bytes_of_.size()));
    }
    return bytes_of_[static_cast<size_t>(id)];
  }

  TokenizerContents contents() const override {
    TokenizerContents contents;
    contents.model = "gpt2";
    contents.pre = "gpt-2";
    for (const std::string& bytes : bytes_of_) contents.tokens.push_back(spell_bytes(bytes));
    contents.token_types.assign(bytes_of_.size(), kNormalToken);
    for (const auto& [name, id] : specials_) {
      contents.tokens[static_cast<size_t>(id)] = name;
      contents.token_types[static_cast<size_t>(id)] = kControlToken;
    }
    contents.merges = merge_lines_;
    contents.bos_token_id = bos_token_id();
    contents.eos_token_id = eos_token_id();
    contents.add_space_prefix = add_prefix_space_;
    return contents;
  }

  std::string json() const override { return text_; }

  std::optional<TokenId> special_token(std::string_view name) const override {
    const auto found = specials_.find(std::string(name));
    return found == specials_.end() ? std::nullopt : std::optional(found->second);
  }
  std::optional<TokenId> bos_token_id() const override { return first_of(kBosNames); }
  std::optional<TokenId> eos_token_id() const override { return first_of(kEosNames); }
  std::string fingerprint() const override { return fingerprint_; }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(ErrorCode::kBadInput, fmt::format("{}: {}", where_, what));
  }

  void encode_plain(std::string_view text, std::vector<TokenId>& ids) const {
    std::vector<TokenId> piece_ids;
    std::string prefixed;
    if (add_prefix_space_ && !text.empty() && text[0] != ' ') {
      prefixed = ' ' + std::string(text);
      text = prefixed;
    }
    pre_tokenizer_.for_each(text, [&](std::string_view piece) {
      piece_ids.clear();
      for (char c : piece) piece_ids.push_back(id_of_byte_[static_cast<unsigned char>(c)]);
      merges_.apply(piece_ids);
      ids.insert(ids.end(), piece_ids.begin(), piece_ids.end());
    });
  }

  // The longest special token that begins there.
  std::optional<std::pair<std::string, TokenId>> special_at(std::string_view text,
                                                            size_t at) const {
    std::optional<std::pair<std::string, TokenId>> longest;
    for (const auto& special : specials_) {
      const std::string& name = special.first;
      if (!name.empty() && text.compare(at, name.size(), name) == 0 &&
          (!longest || name.size() > longest->first.size())) {
        longest = special;
      }
    }
    return longest;
  }

  static bool overlaps(std::span<const ByteSpan> spans, size_t begin, size_t end) {
    return std::any_of(spans.begin(), spans.end(),
                       [&](const ByteSpan& span) { return span.begin < end && begin < span.end; });
  }

  template <size_t N>
  std::optional<TokenId> first_of(const char* const (&names)[N]) const {
    for (const char* name : names) {
      if (auto id = special_token(name)) return id;
    }
    return std::nullopt;
  }

  static std::string type_of(const Json& json, const char* part) {
    if (!json.contains(part) || !json[part].is_object()) return "none";
    const auto type = json[part].find("type");
    return type != json[part].end() && type->is_string() ? type->get<std::string>() : "unknown";
  }

  void check_parts(const Json& json) {
    const Json& model = json["model"];
    // GPT-2's own file is older than the model's type.
    const bool untyped = !model.contains("type") && model.contains("merges");
    if (!untyped && type_of(json, "model") != "BPE") {
      refuse(fmt::format("its model is {}; expected BPE", type_of(json, "model")));
    }
    if (type_of(json, "normalizer") != "none") {
      refuse(fmt::format("its normalizer {} is not supported", type_of(json, "normalizer")));
    }
    if (type_of(json, "pre_tokenizer") != "ByteLevel") {
      refuse(fmt::format("its pre_tokenizer is {}; expected ByteLevel",
                         type_of(json, "pre_tokenizer")));
    }
    const auto flag = [&](const char* name, bool fallback) {
      const auto found = json["pre_tokenizer"].find(name);
      return found != json["pre_tokenizer"].end() && found->is_boolean() ? found->get<bool>()
                                                                         : fallback;
    };
    if (!flag("use_regex", true)) refuse("a ByteLevel pre_tokenizer without its pattern");
    add_prefix_space_ = flag("add_prefix_space", true);
    // What would give other ids, were it passed over.
    for (const char* affix : {"continuing_subword_prefix", "end_of_word_suffix"}) {
      if (model.contains(affix) && !model[affix].is_null() && model[affix] != "") {
        refuse(fmt::format("model.{} is not supported", affix));
      }
    }
    if (model.contains("ignore_merges") && model["ignore_merges"] == true) {
      refuse("model.ignore_merges is not supported");
    }
  }

  void read_added_tokens(const Json& json) {
    if (!json.contains("added_tokens") || json["added_tokens"].is_null()) return;
    if (!json["added_tokens"].is_array()) refuse("added_tokens is not a list");
    for (const Json& token : json["added_tokens"]) {
      if (!token.is_object() || !token.contains("content") || !token["content"].is_string() ||
          !token.contains("id")) {
        refuse("an added token needs an id and a content");
      }
      const auto special = token.find("special");
      if (special == token.end() || !special->is_boolean() || !special->get<bool>()) {
        refuse(fmt::format("added token {} is not special: not supported",
                           dump_json(token["content"])));
      }
      const TokenId id = checked_id(token["id"]);
      specials_[token["content"].get<std::string>()] = id;
      reserve(id);
    }
  }

  TokenId checked_id(const Json& value) const {
    if (!value.is_number_unsigned() || value.get<uint64_t>() >= kMaxId) {
      refuse(fmt::format("{} is not a token id", dump_json(value)));
    }
    return value.get<TokenId>();
  }

  void reserve(TokenId id) {
    if (bytes_of_.size() <= static_cast<size_t>(id)) bytes_of_.resize(static_cast<size_t>(id) + 1);
  }

  void read_vocab(const Json& model) {
    if (!model.contains("vocab") || !model["vocab"].is_object()) refuse("model.vocab is missing");
    for (const auto& [token, value] : model["vocab"].items()) {
      const TokenId id = checked_id(value);
      reserve(id);
      if (specials_.count(token) != 0) continue;
      const std::optional<std::string> bytes = unspell_bytes(token);
      if (!bytes || bytes->empty()) {
        refuse(fmt::format("vocabulary entry {} does not spell bytes", dump_json(Json(token))));
      }
      std::string& taken = bytes_of_[static_cast<size_t>(id)];
      if (!taken.empty()) refuse(fmt::format("two vocabulary entries have the id {}", id));
      taken = *bytes;
      ids_[*bytes] = id;
    }
    for (const auto& [name, id] : specials_) {
      if (!bytes_of_[static_cast<size_t>(id)].empty()) {
        refuse(fmt::format("added token '{}' and a vocabulary entry have the id {}", name, id));
      }
    }
    for (int byte = 0; byte < 256; ++byte) {
      const auto found = ids_.find(std::string(1, static_cast<char>(byte)));
      if (found == ids_.end()) refuse(fmt::format("its vocabulary lacks byte {}", byte));
      id_of_byte_[static_cast<size_t>(byte)] = found->second;
    }
  }

  // "a b" or ["a", "b"].
  std::pair<std::string, std::string> merge_parts(const Json& merge) const {
    if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
      return {merge[0].get<std::string>(), merge[1].get<std::string>()};
    }
    if (!merge.is_string()) refuse("a merge is neither \"a b\" nor [\"a\", \"b\"]");
    const auto text = merge.get<std::string>();
    const size_t space = text.find(' ');
    if (space == std::string::npos) refuse(fmt::format("merge '{}' has one part", text));
    return {text.substr(0, space), text.substr(space + 1)};
  }

  TokenId id_of_spelled(const std::string& spelled) const {
    const std::optional<std::string> bytes = unspell_bytes(spelled);
    const auto found = bytes ? ids_.find(*bytes) : ids_.end();
    if (found == ids_.end()) refuse(fmt::format("a merge names '{}', not a token", spelled));
    return found->second;
  }

  void read_merges(const Json& model) {
    if (!model.contains("merges") || !model["merges"].is_array()) refuse("model.merges is missing");
    uint32_t rank = 0;
    for (const Json& merge : model["merges"]) {
      const auto [left, right] = merge_parts(merge);
      merge_lines_.push_back(left + ' ' + right);
      merges_.add(id_of_spelled(left), id_of_spelled(right), rank++, id_of_spelled(left + right));
    }
  }

  std::string where_;
  std::string text_;  // the whole file
  std::string fingerprint_;
  std::vector<std::string> merge_lines_;
  bool add_prefix_space_ = false;
  std::unordered_map<std::string, TokenId> specials_;
  std::unordered_map<std::string, TokenId> ids_;  // by bytes, without the special ones
  std::vector<std::string> bytes_of_;             // empty for special tokens
  std::array<TokenId, 256> id_of_byte_{};
  BpeMerges merges_;
  PreTokenizer pre_tokenizer_;
};

}  // namespace

std::unique_ptr<Tokenizer> read_tokenizer_json(std::string_view json, std::string_view where) {
  return std::make_unique<ByteLevelBpe>(json, std::string(where));
}

std::unique_ptr<Tokenizer> make_tokenizer(TokenizerContents contents, std::string_view where) {
  if (contents.model != "gpt2" || contents.pre != "gpt-2") {
    throw Error(ErrorCode::kBadInput,
                fmt::format("{}: tokenizer model '{}' with pre '{}' is not supported", where,
                            contents.model, contents.pre));
  }
  Json added = Json::array(), vocab = Json::object();
  for (size_t i = 0; i < contents.tokens.size(); ++i) {
    vocab[contents.tokens[i]] = i;
    if (i < contents.token_types.size() && contents.token_types[i] == kControlToken) {
      added.push_back({{"id", i}, {"content", contents.tokens[i]}, {"special", true}});
    }
  }
  const Json json = {
      {"added_tokens", added},
      {"pre_tokenizer",
       {{"type", "ByteLevel"}, {"add_prefix_space", contents.add_space_prefix.value_or(false)}}},
      {"model", {{"type", "BPE"}, {"vocab", vocab}, {"merges", contents.merges}}}};
  return read_tokenizer_json(dump_json(json), where);
}

}  // namespace twin
