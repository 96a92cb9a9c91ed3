#include "engine/tokenizer/token_names.h"

#include <nlohmann/json.hpp>
#include <string>

#include "engine/tokenizer/json_fields.h"

namespace twin {
namespace {

// What ends a text or begins one, in the models we know of; ours first.
constexpr const char* kEosNames[] = {"<|end|>",    "<|endoftext|>", "</s>",      "<|end_of_text|>",
                                     "<|im_end|>", "<eos>",         "<|eot_id|>"};
constexpr const char* kBosNames[] = {"<s>", "<|begin_of_text|>", "<bos>"};
constexpr const char* kEotNames[] = {"<|eot_id|>", "<|im_end|>", "<end_of_turn>"};

std::optional<TokenId> id_of(const std::vector<AddedToken>& added, std::string_view name) {
  for (const AddedToken& token : added) {
    if (token.content == name) return token.id;
  }
  return std::nullopt;
}

template <size_t N>
std::optional<TokenId> first_of(const std::vector<AddedToken>& added,
                                const char* const (&names)[N]) {
  for (const char* name : names) {
    if (const auto id = id_of(added, name)) return id;
  }
  return std::nullopt;
}

// "bos_token": "<s>", or {"content": "<s>", ...}
std::string named(const JsonFields& config, const char* key) {
  const Json& value = config.member(key);
  if (value.is_string()) return value.get<std::string>();
  return value.is_object() ? JsonFields(value, config.where()).text("content", "") : "";
}

}  // namespace

void name_tokens(TokenizerContents& contents, const std::vector<AddedToken>& added,
                 std::string_view config, std::string_view where) {
  if (!config.empty()) {
    const std::string file = std::string(where) + ": tokenizer_config.json";
    const Json json = parse_json(config, file);
    const JsonFields fields(json, file);
    const auto take = [&](const char* key, std::optional<TokenId>& id) {
      if (const std::string name = named(fields, key); !id && !name.empty())
        id = id_of(added, name);
    };
    take("bos_token", contents.bos_token_id);
    take("eos_token", contents.eos_token_id);
    take("unk_token", contents.unknown_token_id);
    take("pad_token", contents.padding_token_id);
    take("sep_token", contents.seperator_token_id);
    take("cls_token", contents.cls_token_id);
    take("mask_token", contents.mask_token_id);
  }
  if (!contents.eos_token_id) contents.eos_token_id = first_of(added, kEosNames);
  // A config that names no bos has none: Qwen's "<|endoftext|>" is not one.
  if (!contents.bos_token_id) contents.bos_token_id = first_of(added, kBosNames);
  if (!contents.eot_token_id) contents.eot_token_id = first_of(added, kEotNames);
}

}  // namespace twin
