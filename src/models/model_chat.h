#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "engine/chat/chat_template.h"
#include "models/language_model.h"

namespace twin {

// A chat as a model's template has it. The values pointed to are used during the call alone.
struct Chat {
  const OrderedJson* messages = nullptr;   // [{"role": "user", "content": "Hi"}, ...]
  const OrderedJson* tools = nullptr;      // null: none
  const OrderedJson* variables = nullptr;  // an object; null: none
};

struct ChatPrompt {
  std::string text;          // as the template gives it, special tokens by name
  std::vector<TokenId> ids;  // begins the model's turn
};

// Whether the last message is the beginning of a reply: of the assistant's, with text.
bool ends_in_reply(const OrderedJson& messages);

// How a model is spoken to through its own chat template. What users and documents say never
// becomes a special token (engine/chat/chat_template.h). Thread-safe; the model's tokenizer
// outlives it.
class ModelChat {
 public:
  // `name`: of one of the model's templates; empty: "default", or "tool_use" for chats with tools.
  // `where` names the model in errors. Errors: kUsage where the model has no such template;
  // kBadInput where one is not what ChatTemplate reads.
  ModelChat(const Tokenizer& tokenizer, const ChatSettings& settings, const std::string& where,
            const std::string& name = "");

  // Errors: kBadInput: those of ChatTemplate::render().
  ChatPrompt prompt(const Chat& chat, std::chrono::system_clock::time_point now) const;
  // What the assistant has begun to say goes on: up to the end of the last message, whose role is
  // the assistant's and whose content is text. Errors: as prompt(); kBadInput where that message is
  // another, or the template does not show it as it stands.
  ChatPrompt continuation(const Chat& chat, std::chrono::system_clock::time_point now) const;

  // What the template ends a reply with, as "<|im_end|>": the special token behind it. None where
  // the template shows none.
  std::optional<TokenId> end_of_turn() const;

  // The messages through the template; begin_reply: and what begins the assistant's next.
  // Errors: as prompt().
  RenderedChat render(const Chat& chat, bool begin_reply,
                      std::optional<std::chrono::system_clock::time_point> now) const;
  const Tokenizer& tokenizer() const { return tokenizer_; }

 private:
  const Tokenizer& tokenizer_;
  ChatSettings settings_;
  ChatTemplate template_;
  std::optional<ChatTemplate> with_tools_;
};

// Whether drafts go through the model's chat template: it has one, and was not trained here on
// another prompt.
bool writes_in_chats(const LanguageModel& model);

// A WritingPrompt as a message to a chat model, cut as render_prompt() cuts it.
RenderedPrompt render_chat_prompt(const ModelChat& chat, const Tokenizer& tokenizer,
                                  const WritingPrompt& prompt,
                                  std::chrono::system_clock::time_point now, size_t max_tokens = 0);

}  // namespace twin
