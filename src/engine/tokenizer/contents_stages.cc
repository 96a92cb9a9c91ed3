#include "engine/tokenizer/contents_stages.h"

#include <fmt/format.h>

#include <vector>

#include "base/error.h"
#include "engine/tokenizer/base64.h"
#include "engine/tokenizer/word_scanner.h"

namespace twin {
namespace {

constexpr const char* kSpace = "\u2581";

Json split(std::string_view regex) {
  return {{"type", "Split"},
          {"pattern", {{"Regex", regex}}},
          {"behavior", "Isolated"},
          {"invert", false}};
}
Json split(WordPattern pattern) { return split(regular_expression(pattern)); }

Json byte_level(bool add_prefix_space, bool use_regex) {
  return {{"type", "ByteLevel"},
          {"add_prefix_space", add_prefix_space},
          {"trim_offsets", true},
          {"use_regex", use_regex}};
}

Json sequence(const char* type, const char* member, Json parts) {
  return {{"type", type}, {member, std::move(parts)}};
}
Json pre_tokenizers(Json parts) { return sequence("Sequence", "pretokenizers", std::move(parts)); }

// A published name and the splits before ByteLevel. Source: llama.cpp, src/llama-vocab.cpp, and the
// tokenizer.json of the models.
struct Pre {
  const char* name;
  std::vector<Json> splits;
  bool own_pattern = false;  // ByteLevel cuts with GPT-2's pattern
  bool nfc = false;
  bool ignore_merges = false;
};

const std::vector<Pre>& known_pres() {
  static const auto pres = [] {
    const Json digits = {{"type", "Digits"}, {"individual_digits", true}};
    const Json tekken = split(
        R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)");
    const Json gpt4o = split(
        R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)");
    return std::vector<Pre>{{"gpt-2", {}, true},
                            {"llama-bpe", {split(WordPattern::kLlama3)}, false, false, true},
                            {"qwen2", {split(WordPattern::kQwen2)}, false, true},
                            {"smollm", {digits}, true},
                            {"tekken", {tekken}, false, false, true},
                            {"gpt-4o", {gpt4o}},
                            // What llama.cpp cuts with where a file names nothing.
                            {"default",
                             {split(R"([\p{P}\$\+<=>\^~\|]+)"), split(WordPattern::kGpt2),
                              split(R"(\p{N}+)"), split("[0-9][0-9][0-9]")}}};
  }();
  return pres;
}

// Other names of the same.
std::string_view canonical(std::string_view pre) {
  for (const auto& [alias, name] : {std::pair{"gpt2", "gpt-2"},
                                    {"llama3", "llama-bpe"},
                                    {"llama-v3", "llama-bpe"},
                                    {"dbrx", "llama-bpe"},
                                    {"smaug-bpe", "llama-bpe"},
                                    {"falcon3", "llama-bpe"},
                                    {"deepseek-r1-qwen", "qwen2"},
                                    {"megrez", "qwen2"},
                                    {"starcoder", "smollm"},
                                    {"refact", "smollm"},
                                    {"command-r", "smollm"},
                                    {"codeshell", "smollm"},
                                    {"mpt", "gpt-2"},
                                    {"olmo", "gpt-2"},
                                    {"phi-2", "gpt-2"},
                                    {"roberta-bpe", "gpt-2"},
                                    {"", "default"}}) {
    if (pre == alias) return name;
  }
  return pre;
}

Json pre_tokenizer_of(const Pre& pre, bool add_prefix_space) {
  if (pre.splits.empty()) return byte_level(add_prefix_space, pre.own_pattern);
  Json parts = pre.splits;
  parts.push_back(byte_level(add_prefix_space, pre.own_pattern));
  return pre_tokenizers(parts);
}

Json template_of(const TokenizerContents& contents, std::optional<TokenId> before,
                 std::optional<TokenId> after) {
  if (!before && !after) return nullptr;
  Json single = Json::array(), specials = Json::object();
  const auto put = [&](TokenId id) {
    const std::string& name = contents.tokens[static_cast<size_t>(id)];
    single.push_back({{"SpecialToken", {{"id", name}, {"type_id", 0}}}});
    specials[name] = {{"id", name}, {"ids", {id}}, {"tokens", {name}}};
  };
  if (before) put(*before);
  single.push_back({{"Sequence", {{"id", "A"}, {"type_id", 0}}}});
  if (after) put(*after);
  Json pair = single;
  for (Json part : single) {
    for (auto& [kind, member] : part.items()) {
      if (kind == "Sequence") member["id"] = "B";
      member["type_id"] = 1;
    }
    pair.push_back(part);
  }
  return {{"type", "TemplateProcessing"},
          {"single", single},
          {"pair", pair},
          {"special_tokens", specials}};
}

Json replace(const char* from, const char* to) {
  return {{"type", "Replace"}, {"pattern", {{"String", from}}}, {"content", to}};
}

void add_llama_stages(const TokenizerContents& contents, ContentsStages& stages) {
  const bool prefix = contents.add_space_prefix.value_or(true);
  Json normalizers = Json::array();
  if (!contents.precompiled_charsmap.empty()) {
    normalizers.push_back({{"type", "Precompiled"},
                           {"precompiled_charsmap", encode_base64(contents.precompiled_charsmap)}});
  }
  if (prefix) normalizers.push_back({{"type", "Prepend"}, {"prepend", kSpace}});
  normalizers.push_back(replace(" ", kSpace));
  stages.normalizer = sequence("Sequence", "normalizers", normalizers);
  Json decoders = {replace(kSpace, " "), {{"type", "ByteFallback"}}, {{"type", "Fuse"}}};
  if (prefix) {
    decoders.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
  }
  stages.decoder = sequence("Sequence", "decoders", decoders);
}

void add_unigram_stages(const TokenizerContents& contents, ContentsStages& stages) {
  Json normalizers = Json::array();
  if (!contents.precompiled_charsmap.empty()) {
    normalizers.push_back({{"type", "Precompiled"},
                           {"precompiled_charsmap", encode_base64(contents.precompiled_charsmap)}});
  }
  if (contents.remove_extra_whitespaces.value_or(true)) {
    normalizers.push_back({{"type", "Strip"}, {"strip_left", true}, {"strip_right", true}});
    normalizers.push_back(
        {{"type", "Replace"}, {"pattern", {{"Regex", " {2,}"}}}, {"content", " "}});
  }
  stages.normalizer = sequence("Sequence", "normalizers", normalizers);
  const char* scheme = contents.add_space_prefix.value_or(true) ? "always" : "never";
  stages.pre_tokenizer = {
      {"type", "Metaspace"}, {"replacement", kSpace}, {"prepend_scheme", scheme}, {"split", true}};
  stages.decoder = stages.pre_tokenizer;
  stages.decoder.erase("split");
}

void add_bert_stages(ContentsStages& stages) {
  stages.normalizer = {{"type", "BertNormalizer"},
                       {"clean_text", true},
                       {"handle_chinese_chars", true},
                       {"strip_accents", nullptr},
                       {"lowercase", true}};
  stages.pre_tokenizer = {{"type", "BertPreTokenizer"}};
  stages.decoder = {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}};
}

}  // namespace

ContentsStages stages_of(const TokenizerContents& contents, std::string_view where) {
  ContentsStages stages;
  std::optional<TokenId> before, after;
  if (contents.add_bos_token.value_or(contents.model == "llama")) before = contents.bos_token_id;
  if (contents.add_eos_token.value_or(contents.model == "t5")) after = contents.eos_token_id;
  if (contents.model == "gpt2") {
    const std::string_view name = canonical(contents.pre);
    const Pre* found = nullptr;
    for (const Pre& pre : known_pres()) found = name == pre.name ? &pre : found;
    if (found == nullptr) {
      throw Error(ErrorCode::kBadInput,
                  fmt::format("{}: pre-tokenizer '{}' is not supported", where, contents.pre));
    }
    stages.pre_tokenizer = pre_tokenizer_of(*found, contents.add_space_prefix.value_or(false));
    stages.decoder = byte_level(false, true);
    stages.ignore_merges = found->ignore_merges;
    if (found->nfc) stages.normalizer = {{"type", "NFC"}};
  } else if (contents.model == "llama") {
    add_llama_stages(contents, stages);
  } else if (contents.model == "t5") {
    add_unigram_stages(contents, stages);
  } else if (contents.model == "bert") {
    add_bert_stages(stages);
    before = contents.cls_token_id ? contents.cls_token_id : contents.bos_token_id;
    after = contents.seperator_token_id ? contents.seperator_token_id : contents.eos_token_id;
  } else {
    throw Error(
        ErrorCode::kBadInput,
        fmt::format("{}: tokenizer model '{}' is not supported; gpt2, llama, t5 and bert are",
                    where, contents.model));
  }
  stages.post_processor = template_of(contents, before, after);
  return stages;
}

std::string pre_name_of(const Json& pre_tokenizer) {
  // The members that have no say in what comes out are left aside.
  const auto plain = [](Json json) {
    const auto strip = [](Json& part) {
      if (!part.is_object()) return;
      if (part.value("type", "") == "ByteLevel") {
        part = {{"type", "ByteLevel"}, {"use_regex", part.value("use_regex", true)}};
      }
      if (part.value("type", "") != "Split") return;
      const bool invert = part.value("invert", false);
      if (invert && part.value("behavior", "") == "Removed") {
        part["behavior"] = "Isolated";
        part["invert"] = false;
      } else {
        part["invert"] = invert;
      }
    };
    strip(json);
    if (json.is_object() && json.contains("pretokenizers")) {
      for (Json& part : json["pretokenizers"]) strip(part);
      if (json["pretokenizers"].size() == 1) json = Json(json["pretokenizers"][0]);
    }
    return json;
  };
  for (const Pre& pre : known_pres()) {
    if (plain(pre_tokenizer) == plain(pre_tokenizer_of(pre, false))) return pre.name;
  }
  return {};
}

}  // namespace twin
