#include <fmt/format.h>

#include <algorithm>

#include "models/language_model.h"

namespace twin {
namespace {

using Ids = std::vector<TokenId>;

void append(Ids& ids, const Ids& more) { ids.insert(ids.end(), more.begin(), more.end()); }

std::string joined(const std::vector<std::string>& path) {
  return fmt::format("{}", fmt::join(path, " > "));
}

// What stands around the preceding text: its own ids go between the two.
struct Frame {
  Ids before, after;
};

Frame special_frame(const Tokenizer& tokenizer, const WritingPrompt& prompt) {
  Frame frame;
  const auto field = [&](std::string_view token, const std::string& text) {
    if (text.empty()) return;
    frame.before.push_back(*tokenizer.special_token(token));
    append(frame.before, tokenizer.encode(text));
  };
  field(kTitleToken, prompt.title);
  field(kPathToken, joined(prompt.heading_path));
  if (!prompt.preceding.empty()) frame.before.push_back(*tokenizer.special_token(kContextToken));
  frame.after.push_back(*tokenizer.special_token(kTextToken));
  return frame;
}

// For models that were made elsewhere and know none of our tokens.
Frame plain_frame(const Tokenizer& tokenizer, const WritingPrompt& prompt) {
  std::string head;
  if (!prompt.title.empty()) head += "Title: " + prompt.title + '\n';
  if (!prompt.heading_path.empty()) head += "Section: " + joined(prompt.heading_path) + '\n';
  if (!head.empty()) head += '\n';
  Frame frame;
  if (const auto bos = tokenizer.bos_token_id()) frame.before.push_back(*bos);
  append(frame.before, tokenizer.encode(head));
  if (!prompt.preceding.empty()) frame.after = tokenizer.encode("\n\n");
  return frame;
}

}  // namespace

std::vector<std::string> writing_special_tokens() {
  return {std::string(kEndToken), std::string(kTitleToken), std::string(kPathToken),
          std::string(kContextToken), std::string(kTextToken)};
}

RenderedPrompt render_prompt(const Tokenizer& tokenizer, const WritingPrompt& prompt,
                             size_t max_tokens) {
  const std::vector<std::string> specials = writing_special_tokens();
  const bool ours = std::all_of(specials.begin(), specials.end(), [&](const std::string& name) {
    return tokenizer.special_token(name).has_value();
  });
  const Frame frame = ours ? special_frame(tokenizer, prompt) : plain_frame(tokenizer, prompt);
  Ids preceding = tokenizer.encode(prompt.preceding);
  RenderedPrompt rendered;
  const size_t fixed = frame.before.size() + frame.after.size();
  if (max_tokens > 0 && fixed + preceding.size() > max_tokens) {
    const size_t room = max_tokens > fixed ? max_tokens - fixed : 0;
    rendered.context_tokens_cut = preceding.size() - std::min(room, preceding.size());
    const auto cut = preceding.begin() + static_cast<ptrdiff_t>(rendered.context_tokens_cut);
    rendered.context_bytes_cut = tokenizer.decode({preceding.begin(), cut}).size();
    preceding.erase(preceding.begin(), cut);
  }
  rendered.ids = frame.before;
  append(rendered.ids, preceding);
  append(rendered.ids, frame.after);
  return rendered;
}

std::vector<TokenId> stop_tokens(const Tokenizer& tokenizer) {
  if (const auto end = tokenizer.special_token(kEndToken)) return {*end};
  if (const auto eos = tokenizer.eos_token_id()) return {*eos};
  return {};
}

std::vector<TokenId> stop_tokens(const LanguageModel& model) {
  Ids ids = stop_tokens(*model.tokenizer);
  const auto vocab_size = static_cast<TokenId>(model.weights->config.vocab_size);
  for (const TokenId id : model.weights->config.eos_token_id) {
    const bool known = std::find(ids.begin(), ids.end(), id) != ids.end();
    if (id >= 0 && id < vocab_size && !known) ids.push_back(id);
  }
  return ids;
}

}  // namespace twin
