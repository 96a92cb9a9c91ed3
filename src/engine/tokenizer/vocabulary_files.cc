#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "engine/tokenizer/json_fields.h"
#include "engine/tokenizer/read_tokenizer.h"
#include "engine/tokenizer/word_scanner.h"

namespace twin {
namespace {

[[noreturn]] void refuse(std::string_view where, const std::string& what) {
  throw Error(ErrorCode::kBadInput, fmt::format("{}: {}", where, what));
}

Json byte_level(bool add_prefix_space, bool use_regex) {
  return {{"type", "ByteLevel"}, {"add_prefix_space", add_prefix_space}, {"use_regex", use_regex}};
}

// What the package transformers makes of the class's files.
Json stages_of_class(const std::string& name, bool add_prefix_space, std::string_view where) {
  const std::string_view plain =
      name.ends_with("Fast") ? std::string_view(name).substr(0, name.size() - 4) : name;
  if (plain.empty() || plain == "GPT2Tokenizer" || plain == "RobertaTokenizer") {
    return {{"pre_tokenizer", byte_level(add_prefix_space, true)}};
  }
  if (plain == "Qwen2Tokenizer") {
    return {{"normalizer", {{"type", "NFC"}}},
            {"pre_tokenizer",
             {{"type", "Sequence"},
              {"pretokenizers",
               {{{"type", "Split"},
                 {"pattern", {{"Regex", regular_expression(WordPattern::kQwen2)}}},
                 {"behavior", "Isolated"}},
                byte_level(add_prefix_space, false)}}}}};
  }
  refuse(where, fmt::format("tokenizer_class '{}' without a tokenizer.json is not supported; "
                            "GPT2Tokenizer, RobertaTokenizer and Qwen2Tokenizer are",
                            name));
}

Json merges_of(std::string_view text) {
  Json merges = Json::array();
  for (bool first = true; !text.empty(); first = false) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty() && !(first && line.starts_with("#version"))) merges.push_back(line);
  }
  return merges;
}

class AddedTokensReader {
 public:
  AddedTokensReader(const Json& vocab, std::string_view where) : vocab_(vocab), where_(where) {}

  // added_tokens_decoder of the config: id -> token.
  void read_config(const Json& config) {
    const JsonFields fields(config, where_ + ": tokenizer_config.json");
    if (const Json& decoder = fields.member("added_tokens_decoder"); decoder.is_object()) {
      for (const auto& [id, token] : decoder.items()) {
        if (id.empty() || id.size() > 7 ||
            id.find_first_not_of("0123456789") != std::string::npos) {
          fields.refuse(fmt::format("added_tokens_decoder: '{}' is not an id", id));
        }
        Json added = token;
        if (!added.is_object()) fields.refuse("added_tokens_decoder: not a token");
        added["id"] = std::stoul(id);
        put(std::move(added));
      }
    }
    // Tokens that are named alone are special, where the vocabulary has them.
    for (const char* key :
         {"bos_token", "eos_token", "unk_token", "pad_token", "additional_special_tokens"}) {
      const Json& named = fields.member(key);
      if (named.is_string()) name(named);
      if (named.is_array()) {
        for (const Json& item : named) name(item);
      }
    }
  }

  void read_file(const Json& tokens) {
    const JsonFields fields(tokens, where_ + ": added_tokens.json");
    for (const auto& [content, id] : tokens.items()) {
      put({{"id", id}, {"content", content}, {"special", true}, {"normalized", false}});
    }
  }

  Json take() { return std::move(added_); }

 private:
  void name(const Json& content) {
    if (!content.is_string() || !vocab_.contains(content.get<std::string>())) return;
    put({{"id", vocab_[content.get<std::string>()]},
         {"content", content},
         {"special", true},
         {"normalized", false}});
  }
  void put(Json token) {
    if (!token.contains("content") || !token["content"].is_string()) {
      refuse(where_, "an added token without content");
    }
    if (seen_.contains(token["content"].get<std::string>())) return;
    seen_[token["content"].get<std::string>()] = true;
    added_.push_back(std::move(token));
  }

  const Json& vocab_;
  std::string where_;
  Json added_ = Json::array();
  Json seen_ = Json::object();
};

}  // namespace

std::unique_ptr<Tokenizer> read_vocabulary_files(const VocabularyFiles& files,
                                                 std::string_view where) {
  const std::string name(where);
  const Json vocab = parse_json(files.vocab, name + ": vocab.json");
  if (!vocab.is_object()) refuse(where, "vocab.json is not an object");
  const Json config = files.config.empty()
                          ? Json::object()
                          : parse_json(files.config, name + ": tokenizer_config.json");
  const JsonFields fields(config, name + ": tokenizer_config.json");
  Json json = stages_of_class(fields.text("tokenizer_class", ""),
                              fields.flag("add_prefix_space", false), where);
  AddedTokensReader added(vocab, where);
  added.read_config(config);
  if (!files.added_tokens.empty()) {
    added.read_file(parse_json(files.added_tokens, name + ": added_tokens.json"));
  }
  // GPT-2's own files name their one special token nowhere.
  if (files.config.empty() && vocab.contains("<|endoftext|>")) {
    added.read_config({{"eos_token", "<|endoftext|>"}});
  }
  json["added_tokens"] = added.take();
  json["decoder"] = {{"type", "ByteLevel"}};
  json["model"] = {{"type", "BPE"}, {"vocab", vocab}, {"merges", merges_of(files.merges)}};
  return read_tokenizer_json(dump_json(json), where, files.config);
}

std::unique_ptr<Tokenizer> read_bert_vocabulary(std::string_view vocab, std::string_view where,
                                                std::string_view config) {
  Json tokens = Json::object(), added = Json::array();
  size_t id = 0;
  while (!vocab.empty()) {
    const size_t end = std::min(vocab.find('\n'), vocab.size());
    std::string_view line = vocab.substr(0, end);
    vocab.remove_prefix(std::min(end + 1, vocab.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) refuse(where, fmt::format("line {} is empty", id + 1));
    tokens[std::string(line)] = id;
    for (const char* special : {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}) {
      if (line == special) {
        added.push_back({{"id", id}, {"content", line}, {"special", true}, {"normalized", false}});
      }
    }
    ++id;
  }
  for (const char* special : {"[UNK]", "[CLS]", "[SEP]"}) {
    if (!tokens.contains(special)) refuse(where, fmt::format("has no token {}", special));
  }
  const std::string name(where);
  const Json settings =
      config.empty() ? Json::object() : parse_json(config, name + ": tokenizer_config.json");
  const JsonFields fields(settings, name + ": tokenizer_config.json");
  const Json& strip = fields.member("strip_accents");
  const Json json = {{"added_tokens", added},
                     {"normalizer",
                      {{"type", "BertNormalizer"},
                       {"clean_text", true},
                       {"handle_chinese_chars", fields.flag("tokenize_chinese_chars", true)},
                       {"strip_accents", strip},
                       {"lowercase", fields.flag("do_lower_case", true)}}},
                     {"pre_tokenizer", {{"type", "BertPreTokenizer"}}},
                     {"post_processor",
                      {{"type", "BertProcessing"},
                       {"sep", {"[SEP]", tokens["[SEP]"]}},
                       {"cls", {"[CLS]", tokens["[CLS]"]}}}},
                     {"decoder", {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}}},
                     {"model", {{"type", "WordPiece"}, {"unk_token", "[UNK]"}, {"vocab", tokens}}}};
  return read_tokenizer_json(dump_json(json), where, config);
}

}  // namespace twin
