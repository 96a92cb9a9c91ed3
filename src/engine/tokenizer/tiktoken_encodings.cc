#include "engine/tokenizer/tiktoken_encodings.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json.h"
#include "engine/tokenizer/word_scanner.h"

namespace twin {
namespace {

// Source: github.com/openai/tiktoken, tiktoken_ext/openai_public.py.
constexpr const char* kO200kPattern =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

// Llama 3.1's, which follow its ranks. Source: its tokenizer.json.
std::vector<std::pair<std::string, std::optional<TokenId>>> llama3_specials() {
  constexpr int kCount = 256;
  std::vector<std::pair<std::string, std::optional<TokenId>>> specials;
  int reserved = 0;
  for (int i = 0; i < kCount; ++i) {
    const char* name = i == 0    ? "<|begin_of_text|>"
                       : i == 1  ? "<|end_of_text|>"
                       : i == 4  ? "<|finetune_right_pad_id|>"
                       : i == 6  ? "<|start_header_id|>"
                       : i == 7  ? "<|end_header_id|>"
                       : i == 8  ? "<|eom_id|>"
                       : i == 9  ? "<|eot_id|>"
                       : i == 10 ? "<|python_tag|>"
                                 : nullptr;
    specials.emplace_back(
        name != nullptr ? name : fmt::format("<|reserved_special_token_{}|>", reserved++),
        std::nullopt);
  }
  return specials;
}

}  // namespace

TiktokenEncoding tiktoken_encoding(std::string_view name, std::string_view where) {
  const auto pattern = [](WordPattern known) { return std::string(regular_expression(known)); };
  if (name == "gpt2" || name == "r50k_base" || name == "p50k_base") {
    return {pattern(WordPattern::kGpt2), {{"<|endoftext|>", 50256}}, "gpt-2"};
  }
  if (name == "cl100k_base") {
    return {pattern(WordPattern::kCl100k),
            {{"<|endoftext|>", 100257},
             {"<|fim_prefix|>", 100258},
             {"<|fim_middle|>", 100259},
             {"<|fim_suffix|>", 100260},
             {"<|endofprompt|>", 100276}},
            ""};
  }
  if (name == "o200k_base") {
    return {kO200kPattern, {{"<|endoftext|>", 199999}, {"<|endofprompt|>", 200018}}, "gpt-4o"};
  }
  if (name == "llama3") return {pattern(WordPattern::kLlama3), llama3_specials(), "llama-bpe"};
  throw Error(ErrorCode::kBadInput,
              fmt::format("{}: tiktoken encoding '{}' is not supported", where, name));
}

std::unique_ptr<PreTokenizer> tiktoken_pre_tokenizer(const TiktokenEncoding& encoding,
                                                     std::string_view where) {
  const Json json = {
      {"type", "Sequence"},
      {"pretokenizers",
       {{{"type", "Split"}, {"pattern", {{"Regex", encoding.pattern}}}, {"behavior", "Isolated"}},
        {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}}}}};
  bool byte_level = false;
  return make_pre_tokenizer(json, where, byte_level);
}

}  // namespace twin
