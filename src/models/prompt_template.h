#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/tokenizer/tokenizer.h"

namespace twin {

// How what a model is asked becomes the text it sees.
enum class PromptTemplate {
  kChat,    // the model's own chat template
  kAlpaca,  // "### Instruction:" and "### Response:". Source: github.com/tatsu-lab/stanford_alpaca
  kPlain,   // prompt and completion one after the other; a text as it stands
  kWriting  // a WritingPrompt (docs/formats/writing_prompt.md): the workspace's own models
};
std::string_view name_of(PromptTemplate style);  // "chat", "alpaca", "plain", "writing"
std::optional<PromptTemplate> prompt_template_named(std::string_view name);

// What stands before the completion in Alpaca's template.
std::string alpaca_prompt(std::string_view instruction, std::string_view input);

// The same (without inputs) as a chat template in Jinja, so that whoever reads a model's chat
// template asks a model trained through Alpaca's as it was trained: the same ids as
// alpaca_prompt() and a completion with its end have. A system message stands for the first
// sentence; later turns follow in the same form.
std::string alpaca_chat_template(const Tokenizer& tokenizer);

// The token that this tokenizer puts before a text, where it does.
std::optional<TokenId> beginning_of_text(const Tokenizer& tokenizer);

}  // namespace twin
