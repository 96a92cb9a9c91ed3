#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "models/model_chat.h"

namespace twin {
namespace {

// One message of the user's: not every template takes a system message.
std::string message_of(const WritingPrompt& prompt, std::string_view preceding) {
  std::string text;
  if (!preceding.empty()) {
    text += "Here is what an author wrote:\n\n";
    text += preceding;
    text += "\n\n";
  }
  text += preceding.empty() ? "Write a text" : "Go on in the same voice";
  if (!prompt.title.empty()) text += " about: " + prompt.title;
  if (!prompt.heading_path.empty()) {
    text += fmt::format("\nSection: {}", fmt::join(prompt.heading_path, " > "));
  }
  text += "\nAnswer with the text alone.";
  return text;
}

// The beginning of the character at or behind `at`.
size_t next_character(std::string_view text, size_t at) {
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
  return std::min(at, text.size());
}

}  // namespace

RenderedPrompt render_chat_prompt(const ModelChat& chat, const Tokenizer& tokenizer,
                                  const WritingPrompt& prompt,
                                  std::chrono::system_clock::time_point now, size_t max_tokens) {
  // Models that think aloud are asked not to: a draft is text alone.
  const OrderedJson variables = {{"enable_thinking", false}};
  const auto rendered = [&](std::string_view preceding) {
    OrderedJson messages = OrderedJson::array();
    messages.push_back({{"role", "user"}, {"content", message_of(prompt, preceding)}});
    return chat.prompt({&messages, nullptr, &variables}, now).ids;
  };
  RenderedPrompt result;
  result.ids = rendered(prompt.preceding);
  if (max_tokens == 0 || result.ids.size() <= max_tokens) return result;
  const std::vector<TokenId> preceding = tokenizer.encode(prompt.preceding);
  // What is cut changes how the rest merges, by a token or so: cut until it fits.
  while (result.ids.size() > max_tokens && result.context_tokens_cut < preceding.size()) {
    result.context_tokens_cut =
        std::min(preceding.size(), result.context_tokens_cut + result.ids.size() - max_tokens);
    const std::span<const TokenId> cut = std::span(preceding).first(result.context_tokens_cut);
    result.context_bytes_cut = result.context_tokens_cut == preceding.size()
                                   ? prompt.preceding.size()
                                   : next_character(prompt.preceding, tokenizer.decode(cut).size());
    result.ids = rendered(std::string_view(prompt.preceding).substr(result.context_bytes_cut));
  }
  return result;
}

}  // namespace twin
