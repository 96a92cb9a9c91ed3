#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "engine/tokenizer/tokenizer.h"

namespace twin {

// What a chat is made of. The values pointed to must outlive the call of render.
struct ChatRequest {
  // A list of objects with "role" and "content", handed to the template as they are.
  const OrderedJson* messages = nullptr;
  const OrderedJson* tools = nullptr;      // a list of function schemas; null: none
  const OrderedJson* documents = nullptr;  // a list of objects; null: none
  // An object whose members become variables: {"enable_thinking": false}; null: none.
  const OrderedJson* variables = nullptr;
  bool add_generation_prompt = false;
  // "bos_token", "eos_token" and so on, by name: the only text that counts as the template's own
  // besides the template and the usual role names.
  std::map<std::string, std::string> special_tokens;
  // What strftime_now tells, in UTC plus the offset. Templates that ask fail without it.
  std::optional<std::chrono::system_clock::time_point> now;
  std::chrono::minutes utc_offset{0};
};

struct RenderedChat {
  std::string text;
  // The bytes that came from messages, tools, documents and variables: in order, disjoint. All
  // others are the template's own, and only they may be special tokens.
  std::vector<ByteSpan> user_ranges;
};

struct ChatTemplateLimits {
  size_t max_bytes = size_t{1} << 20;  // of the template
  // Of work: evaluated nodes, items gone through, 16 bytes of text made. What a template may do
  // grows with its input beyond this.
  size_t max_steps = 10'000'000;
};

// A Jinja chat template, as published models carry it. Renders what Python's jinja2 renders under
// Hugging Face transformers; docs/engine/chat_templates.md says what of Jinja there is.
// Immutable; thread-safe.
class ChatTemplate {
 public:
  // `where` names it in errors: a file, a model. Errors: kBadInput with the line.
  static ChatTemplate parse(std::string_view source, std::string where,
                            ChatTemplateLimits limits = {});

  // Errors: kBadInput with the line: what Jinja or Python would raise, what the template itself
  // raises with raise_exception, and limits that were passed.
  RenderedChat render(const ChatRequest& request) const;

 private:
  struct Parsed;
  explicit ChatTemplate(std::shared_ptr<const Parsed> parsed) : parsed_(std::move(parsed)) {}
  std::shared_ptr<const Parsed> parsed_;
};

// The ids of a rendered chat: special tokens of the template are special, whatever looks like one
// in user data is text. Nothing is added: a template writes its own bos token.
std::vector<TokenId> encode_chat(const Tokenizer& tokenizer, const RenderedChat& chat);

}  // namespace twin
