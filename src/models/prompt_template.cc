#include "models/prompt_template.h"

#include <fmt/format.h>

#include "models/language_model.h"

namespace twin {
namespace {

constexpr std::string_view kAlpacaTask =
    "Below is an instruction that describes a task. Write a response that appropriately "
    "completes the request.";
constexpr PromptTemplate kAll[] = {PromptTemplate::kChat, PromptTemplate::kAlpaca,
                                   PromptTemplate::kPlain, PromptTemplate::kWriting};

// A token's name as a string of Jinja's; nothing for no token.
std::string shown(const Tokenizer& tokenizer, std::optional<TokenId> token) {
  if (!token) return {};
  const TokenId id = *token;
  std::string quoted;
  for (const char c : tokenizer.decode({&id, 1}, {.skip_special = false})) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return "{{ '" + quoted + "' }}";
}

}  // namespace

std::string_view name_of(PromptTemplate style) {
  switch (style) {
    case PromptTemplate::kChat:
      return "chat";
    case PromptTemplate::kAlpaca:
      return "alpaca";
    case PromptTemplate::kPlain:
      return "plain";
    case PromptTemplate::kWriting:
      return "writing";
  }
  return "";
}

std::optional<PromptTemplate> prompt_template_named(std::string_view name) {
  for (const PromptTemplate style : kAll) {
    if (name == name_of(style)) return style;
  }
  return std::nullopt;
}

std::string alpaca_prompt(std::string_view instruction, std::string_view input) {
  if (input.empty()) {
    return fmt::format("{}\n\n### Instruction:\n{}\n\n### Response:\n", kAlpacaTask, instruction);
  }
  return fmt::format(
      "Below is an instruction that describes a task, paired with an input that provides further "
      "context. Write a response that appropriately completes the request.\n\n"
      "### Instruction:\n{}\n\n### Input:\n{}\n\n### Response:\n",
      instruction, input);
}

std::string alpaca_chat_template(const Tokenizer& tokenizer) {
  const std::vector<TokenId> ends = stop_tokens(tokenizer);
  const std::string end =
      shown(tokenizer, ends.empty() ? std::nullopt : std::optional(ends.front()));
  return fmt::format(
      "{}{{% if messages[0]['role'] == 'system' %}}{{{{ messages[0]['content'] }}}}"
      "{{% else %}}{}{{% endif %}}"
      "{{% for message in messages %}}"
      "{{% if message['role'] == 'user' %}}{{{{ '\\n\\n### Instruction:\\n' }}}}"
      "{{{{ message['content'] }}}}"
      "{{% elif message['role'] == 'assistant' %}}{{{{ '\\n\\n### Response:\\n' }}}}"
      "{{{{ message['content'] }}}}{}{{% endif %}}"
      "{{% endfor %}}"
      "{{% if add_generation_prompt %}}{{{{ '\\n\\n### Response:\\n' }}}}{{% endif %}}",
      shown(tokenizer, beginning_of_text(tokenizer)), kAlpacaTask, end);
}

std::optional<TokenId> beginning_of_text(const Tokenizer& tokenizer) {
  const auto bos = tokenizer.bos_token_id();
  const std::vector<TokenId> empty = tokenizer.encode("", {.add_special_tokens = true});
  return bos && !empty.empty() && empty.front() == *bos ? bos : std::nullopt;
}

}  // namespace twin
