#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "base/error.h"
#include "base/hashing.h"
#include "engine/tokenizer/base64.h"
#include "engine/tokenizer/bpe_model.h"
#include "engine/tokenizer/byte_characters.h"
#include "engine/tokenizer/contents_stages.h"
#include "engine/tokenizer/json_fields.h"
#include "engine/tokenizer/pipeline_tokenizer.h"
#include "engine/tokenizer/post_processor.h"
#include "engine/tokenizer/read_tokenizer.h"
#include "engine/tokenizer/sentencepiece_scores.h"
#include "engine/tokenizer/token_names.h"
#include "engine/tokenizer/unigram_model.h"
#include "engine/tokenizer/utf8.h"
#include "engine/tokenizer/word_piece_model.h"
#include "engine/tokenizer/word_start_cut.h"

namespace twin {
namespace {

constexpr uint64_t kMaxId = 1 << 20;         // no model has a larger vocabulary
constexpr uint64_t kMaxUnusedIds = 1 << 16;  // what ids may leave free between them
constexpr size_t kMaxAddedBytes = 1024;      // of one added token

// The package `tokenizers` reads a number as its digits, a whole number, over a power of ten: often
// the double beside the nearest. Which of two equal segmentations wins can hang on it.
double score_as_packages_read_it(double nearest) {
  const std::string text = fmt::format("{}", nearest);  // the shortest that reads back
  uint64_t whole = 0;
  int places = 0;
  bool after_point = false;
  for (const char c : text) {
    if (c == 'e') return nearest;
    if (c == '.') after_point = true;
    if (c < '0' || c > '9') continue;
    whole = whole * 10 + static_cast<uint64_t>(c - '0');
    places += after_point ? 1 : 0;
  }
  if (places > 22) return nearest;  // beyond it powers of ten are no doubles
  const double digits = static_cast<double>(whole) / std::pow(10.0, places);
  return std::signbit(nearest) ? -digits : digits;
}

class Reader {
 public:
  Reader(std::string_view text, std::string_view where, std::string_view config)
      : where_(where), json_(parse_json(text, where_)), file_(json_, where_), config_(config) {
    parts_.where = where_;
    parts_.json = text;
    parts_.fingerprint = sha256(text);
  }

  std::unique_ptr<Tokenizer> read() {
    if (!file_.member("model").is_object()) refuse("no model");
    const JsonFields model(file_.member("model"), where_ + ": model");
    type_ = model_type(model);
    parts_.normalizer = make_normalizer(file_.member("normalizer"), where_);
    auto pre_tokenizer =
        make_pre_tokenizer(file_.member("pre_tokenizer"), where_, parts_.byte_level);
    if (pre_tokenizer != nullptr) parts_.pre_tokenizers.push_back(std::move(pre_tokenizer));
    if (parts_.byte_level && type_ != "BPE") {
      refuse(fmt::format("a ByteLevel pre_tokenizer with a model {} is not supported", type_));
    }
    read_added_tokens();
    read_vocabulary(model);
    read_decoder();
    const Surroundings around =
        read_post_processor(file_.member("post_processor"), where_, parts_.vocabulary->size());
    parts_.prefix = around.prefix;
    parts_.suffix = around.suffix;
    parts_.contents.unknown_token_id = unknown_;
    name_tokens(parts_.contents, parts_.added, config_, where_);
    if (type_ == "BPE") read_bpe(model);
    if (type_ == "Unigram") read_unigram(model);
    if (type_ == "WordPiece") read_word_piece(model);
    describe_contents();
    return make_pipeline_tokenizer(std::move(parts_));
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const { file_.refuse(what); }

  std::string model_type(const JsonFields& model) const {
    std::string type = model.text("type", "");
    // Older files have no type: the members tell.
    if (type.empty()) {
      type = model.member("vocab").is_array()                      ? "Unigram"
             : !model.member("merges").is_null()                   ? "BPE"
             : !model.member("max_input_chars_per_word").is_null() ? "WordPiece"
                                                                   : "unknown";
    }
    if (type != "BPE" && type != "Unigram" && type != "WordPiece") {
      refuse(fmt::format("its model is {}; expected BPE, Unigram or WordPiece", type));
    }
    return type;
  }

  void read_added_tokens() {
    if (file_.member("added_tokens").is_null()) return;
    for (const Json& item : file_.list("added_tokens")) {
      const JsonFields fields(item, where_ + ": an added token");
      AddedToken token;
      token.content = fields.text("content", "");
      if (token.content.empty() || token.content.size() > kMaxAddedBytes) {
        fields.refuse(fmt::format("needs a content of 1 to {} bytes", kMaxAddedBytes));
      }
      token.id = checked_id(fields.member("id"));
      token.single_word = fields.flag("single_word", false);
      token.lstrip = fields.flag("lstrip", false);
      token.rstrip = fields.flag("rstrip", false);
      token.special = fields.flag("special", false);
      token.normalized = fields.flag("normalized", !token.special);
      const auto [known, fresh] = added_ids_.try_emplace(token.content, token.id);
      if (!fresh && known->second != token.id) {
        refuse(fmt::format("added token '{}' has two ids", token.content));
      }
      if (!fresh) continue;
      parts_.added.push_back(std::move(token));
    }
  }

  TokenId checked_id(const Json& value) const {
    if (!value.is_number_unsigned() || value.get<uint64_t>() >= kMaxId) {
      refuse(fmt::format("{} is not a token id", dump_json(value).substr(0, 100)));
    }
    return value.get<TokenId>();
  }

  // The tokens by id and by name, added ones among them.
  void read_vocabulary(const JsonFields& model) {
    const Json& vocab = model.member("vocab");
    if (type_ == "Unigram" ? !vocab.is_array() : !vocab.is_object()) {
      refuse("model.vocab is missing, or not of the model's type");
    }
    const uint64_t most = vocab.size() + parts_.added.size() + kMaxUnusedIds;
    const auto place = [&](std::string name, TokenId id) {
      if (static_cast<uint64_t>(id) >= most) {
        refuse(fmt::format("id {} is too far beyond its {} tokens", id, vocab.size()));
      }
      const auto at = static_cast<size_t>(id);
      if (names_.size() <= at) names_.resize(at + 1);
      if (!names_[at].empty()) {
        refuse(fmt::format("'{}' and '{}' have the id {}", names_[at], name, id));
      }
      names_[at] = std::move(name);
    };
    if (type_ == "Unigram") {
      for (const Json& entry : vocab) read_scored(entry);
    } else {
      for (const auto& [name, value] : vocab.items()) {
        if (name.empty()) refuse("an empty vocabulary entry");
        place(name, checked_id(value));
        ids_[name] = checked_id(value);
      }
    }
    for (const AddedToken& token : parts_.added) {
      const auto known = ids_.find(token.content);
      if (known == ids_.end()) {
        place(token.content, token.id);
        ids_[token.content] = token.id;
      } else if (known->second != token.id) {
        refuse(fmt::format("added token '{}' has the id {}, in the vocabulary {}", token.content,
                           token.id, known->second));
      }
    }
    if (names_.empty()) refuse("an empty vocabulary");
    make_vocabulary();
  }

  // ["token", score]
  void read_scored(const Json& entry) {
    if (!entry.is_array() || entry.size() != 2 || !entry[0].is_string() || !entry[1].is_number()) {
      refuse("an entry of model.vocab is not a token and its score");
    }
    if (names_.size() >= kMaxId) refuse("too many tokens");
    ids_[entry[0].get<std::string>()] = static_cast<TokenId>(names_.size());
    names_.push_back(entry[0].get<std::string>());
    scores_.push_back(score_as_packages_read_it(entry[1].get<double>()));
  }

  void make_vocabulary() {
    std::vector<bool> added(names_.size(), false);
    usable_.assign(names_.size(), true);
    for (const AddedToken& token : parts_.added) {
      added[static_cast<size_t>(token.id)] = true;
      if (token.special) usable_[static_cast<size_t>(token.id)] = false;
    }
    std::vector<std::string> tokens = names_;
    for (size_t id = 0; id < tokens.size(); ++id) {
      if (tokens[id].empty()) usable_[id] = false;
      if (!parts_.byte_level || !usable_[id]) continue;
      const auto bytes = unspell_bytes(tokens[id]);
      if (bytes) {
        tokens[id] = *bytes;
      } else if (added[id]) {
        usable_[id] = false;
      } else {
        refuse(fmt::format("vocabulary entry '{}' does not spell bytes", tokens[id]));
      }
    }
    parts_.vocabulary = std::make_unique<Vocabulary>(std::move(tokens), usable_);
    for (int byte = 0; parts_.byte_level && byte < 256; ++byte) {
      if (parts_.vocabulary->find(std::string(1, static_cast<char>(byte))) == kNoToken) {
        refuse(fmt::format("its vocabulary lacks byte {}", byte));
      }
    }
  }

  void read_decoder() {
    const Json& decoder = file_.member("decoder");
    const bool plain = decoder.is_null() || (decoder.is_object() && decoder.contains("type") &&
                                             decoder["type"] == "ByteLevel");
    if (!parts_.byte_level || !plain) parts_.decoder = make_token_decoder(decoder, where_);
  }

  std::optional<TokenId> id_of(const std::string& name) const {
    const auto found = ids_.find(name);
    return found == ids_.end() ? std::nullopt : std::optional(found->second);
  }

  void read_bpe(const JsonFields& model) {
    if (!model.member("dropout").is_null() && model.number("dropout", 0) != 0) {
      model.refuse("dropout is not supported: it is for training");
    }
    BpeOptions options;
    options.byte_level = parts_.byte_level;
    const std::string unknown = model.text("unk_token", "");
    if (!unknown.empty() && !(options.unk_token = id_of(unknown))) {
      model.refuse(fmt::format("unk_token '{}' is not in the vocabulary", unknown));
    }
    unknown_ = options.unk_token;
    if (unknown_) parts_.contents.unknown_token_id = unknown_;
    options.fuse_unk = model.flag("fuse_unk", false);
    options.byte_fallback = model.flag("byte_fallback", false);
    options.ignore_merges = model.flag("ignore_merges", false);
    options.continuing_subword_prefix = model.text("continuing_subword_prefix", "");
    options.end_of_word_suffix = model.text("end_of_word_suffix", "");
    if (parts_.byte_level &&
        !(options.continuing_subword_prefix + options.end_of_word_suffix).empty()) {
      model.refuse("affixes of subwords with a ByteLevel pre_tokenizer are not supported");
    }
    if (!file_.member("model").contains("merges")) refuse("model.merges is missing");
    BpeMerges merges;
    std::vector<bool> made(names_.size(), false);
    uint32_t rank = 0;
    for (const Json& merge : model.list("merges")) {
      const auto [left, right] = merge_parts(merge);
      const std::string tail = right.starts_with(options.continuing_subword_prefix)
                                   ? right.substr(options.continuing_subword_prefix.size())
                                   : right;
      const TokenId from = mergeable(left), and_from = mergeable(right),
                    to = mergeable(left + tail);
      merges.add(from, and_from, rank++, to);
      made[static_cast<size_t>(to)] = true;
      parts_.merges.emplace_back(from, and_from);
    }
    const bool whole_texts = parts_.pre_tokenizers.empty() || !parts_.byte_level;
    if (whole_texts && !options.ignore_merges && options.end_of_word_suffix.empty() &&
        options.continuing_subword_prefix.empty() &&
        words_are_independent(*parts_.vocabulary, made)) {
      parts_.pre_tokenizers.push_back(make_word_start_cut());
    }
    byte_fallback_ = options.byte_fallback;
    parts_.contents.add_space_prefix = false;
    parts_.model =
        std::make_unique<BpeModel>(*parts_.vocabulary, std::move(merges), std::move(options));
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

  TokenId mergeable(const std::string& name) const {
    const auto found = ids_.find(name);
    if (found == ids_.end() || !usable_[static_cast<size_t>(found->second)]) {
      refuse(fmt::format("a merge names '{}', not a token", name));
    }
    return found->second;
  }

  void read_unigram(const JsonFields& model) {
    UnigramOptions options;
    const Json& unknown = model.member("unk_id");
    if (!unknown.is_null()) {
      if (!unknown.is_number_unsigned() || unknown.get<uint64_t>() >= scores_.size()) {
        model.refuse("unk_id is not a token id");
      }
      options.unk_token = unknown.get<TokenId>();
    }
    parts_.contents.unknown_token_id = options.unk_token;
    byte_fallback_ = model.flag("byte_fallback", false);
    for (size_t byte = 0; byte < 256; ++byte) {
      options.id_of_byte[byte] =
          byte_fallback_
              ? id_of(byte_token_name(static_cast<unsigned char>(byte))).value_or(kNoToken)
              : kNoToken;
    }
    for (const double score : scores_) parts_.contents.scores.push_back(static_cast<float>(score));
    parts_.contents.scores.resize(names_.size(), 0);
    options.scores = scores_;
    // Added tokens that the model does not hold are not for it to find.
    std::vector<bool> usable = usable_;
    std::fill(usable.begin() + static_cast<ptrdiff_t>(scores_.size()), usable.end(), false);
    options.scores.resize(names_.size(), 0);
    options.usable = std::move(usable);
    options.user_defined.assign(names_.size(), false);
    parts_.model = std::make_unique<UnigramModel>(*parts_.vocabulary, std::move(options));
  }

  void read_word_piece(const JsonFields& model) {
    WordPieceOptions options;
    const std::string unknown = model.text("unk_token", "[UNK]");
    const auto id = id_of(unknown);
    if (!id) model.refuse(fmt::format("unk_token '{}' is not in the vocabulary", unknown));
    options.unk_token = *id;
    parts_.contents.unknown_token_id = id;
    options.continuing_subword_prefix = model.text("continuing_subword_prefix", "##");
    const double most = model.number("max_input_chars_per_word", 100);
    if (!(most >= 0 && most <= 10'000)) model.refuse("max_input_chars_per_word is out of range");
    options.max_input_chars_per_word = static_cast<size_t>(most);
    parts_.model = std::make_unique<WordPieceModel>(*parts_.vocabulary, std::move(options));
  }

  // What GGUF calls this, or why it has no form for it.
  void describe_contents() {
    TokenizerContents& contents = parts_.contents;
    const auto first_is = [&](const std::vector<TokenId>& ids, const std::optional<TokenId>& id) {
      return !ids.empty() && id && ids.front() == *id;
    };
    contents.add_bos_token = first_is(parts_.prefix, contents.bos_token_id);
    contents.add_eos_token = first_is(parts_.suffix, contents.eos_token_id);
    if (type_ == "BPE" && parts_.byte_level) {
      contents.model = "gpt2";
      contents.pre = pre_name_of(file_.member("pre_tokenizer"));
      if (contents.pre.empty()) parts_.no_contents = "its pre_tokenizer has no name there";
      contents.add_space_prefix =
          dump_json(file_.member("pre_tokenizer")).find("\"add_prefix_space\":true") !=
          std::string::npos;
    } else if (type_ == "BPE") {
      describe_sentencepiece("llama");
      if (!byte_fallback_) parts_.no_contents = "BPE over characters without byte_fallback";
      if (parts_.no_contents.empty()) {
        contents.scores = scores_of_merges(*parts_.vocabulary, parts_.merges);
        if (contents.scores.empty()) parts_.no_contents = "its merges follow no order of tokens";
      }
    } else if (type_ == "Unigram") {
      describe_sentencepiece("t5");
    } else {
      contents.model = "bert";
      contents.pre = "default";
      const Json& normalizer = file_.member("normalizer");
      const bool lowercase = normalizer.is_object() && normalizer.value("lowercase", true);
      if (!lowercase) parts_.no_contents = "WordPiece that does not lower case";
      name_like(contents.cls_token_id, "[CLS]");
      name_like(contents.seperator_token_id, "[SEP]");
      name_like(contents.padding_token_id, "[PAD]");
      name_like(contents.mask_token_id, "[MASK]");
      contents.add_bos_token = contents.add_eos_token = std::nullopt;
    }
  }

  void name_like(std::optional<TokenId>& id, const char* name) const {
    if (!id) id = id_of(name);
  }

  void describe_sentencepiece(const char* model) {
    TokenizerContents& contents = parts_.contents;
    contents.model = model;
    contents.pre = "default";
    contents.token_types.assign(names_.size(), kNormalToken);
    for (size_t id = 0; id < names_.size(); ++id) {
      const std::string& name = names_[id];
      if (byte_fallback_ && name.size() == 6 && name.starts_with("<0x")) {
        contents.token_types[id] = kByteToken;
      }
    }
    for (const AddedToken& token : parts_.added) {
      contents.token_types[static_cast<size_t>(token.id)] =
          token.special ? kControlToken : kUserDefinedToken;
    }
    if (const auto unknown = contents.unknown_token_id) {
      contents.token_types[static_cast<size_t>(*unknown)] = kUnknownToken;
    }
    describe_spaces();
  }

  // Which of SentencePiece's ways with white space the stages amount to.
  void describe_spaces() {
    const std::string stages =
        dump_json(file_.member("normalizer")) + '\n' + dump_json(file_.member("pre_tokenizer"));
    const auto has = [&](std::string_view text) { return stages.find(text) != std::string::npos; };
    const Json* charsmap = nullptr;
    const auto look = [&](const Json& part) {
      if (part.is_object() && part.value("type", "") == "Precompiled") {
        charsmap = &part["precompiled_charsmap"];
      }
    };
    const Json& normalizer = file_.member("normalizer");
    look(normalizer);
    if (normalizer.is_object() && normalizer.contains("normalizers")) {
      for (const Json& part : normalizer["normalizers"]) look(part);
    }
    TokenizerContents& contents = parts_.contents;
    if (charsmap != nullptr && charsmap->is_string())
      contents.precompiled_charsmap = decode_base64(charsmap->get<std::string>()).value_or("");
    contents.add_space_prefix =
        has("\"Prepend\"") || (has("\"Metaspace\"") && !has("\"prepend_scheme\":\"never\"") &&
                               !has("\"add_prefix_space\":false"));
    contents.remove_extra_whitespaces = has("\"WhitespaceSplit\"") || has("{2,}");
    if (!has("\"Metaspace\"") && !has("\u2581")) parts_.no_contents = "it has no word starts";
    for (const char* other : {"\"BertPreTokenizer\"", "\"Digits\"", "\"Punctuation\"",
                              "\"Lowercase\"", "\"ByteLevel\"", "\"NFC\"", "\"NFKC\""}) {
      if (has(other)) parts_.no_contents = fmt::format("{} in its stages", other);
    }
  }

  std::string where_;
  Json json_;
  JsonFields file_;
  std::string_view config_;
  TokenizerParts parts_;
  std::string type_;
  std::unordered_map<std::string, TokenId> added_ids_;
  std::vector<std::string> names_;  // by id
  std::unordered_map<std::string, TokenId> ids_;
  std::vector<bool> usable_;    // ids that text may become
  std::vector<double> scores_;  // of Unigram
  std::optional<TokenId> unknown_;
  bool byte_fallback_ = false;
};

}  // namespace

std::unique_ptr<Tokenizer> read_tokenizer_json(std::string_view json, std::string_view where,
                                               std::string_view config) {
  return Reader(json, where, config).read();
}

}  // namespace twin
