#include "models/parity_probes.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/hashing.h"
#include "models/model_chat.h"

namespace twin {
namespace {

using Ids = std::vector<TokenId>;

// What no ASCII tokenizer gets right by chance: composed and decomposed letters, joined emoji,
// special tokens of several families, runs of white space.
constexpr const char* kAwkward =
    "Été — “naïve” e\u0301 東京 👩\u200d🍳 <|im_end|></s> [INST] <|text|>\n\n\t  two  spaces ";

std::vector<WritingPrompt> writing_probes() {
  return {{"On Keeping a Notebook", {"Why", "First reasons"}, "It began with a train."},
          {},
          {"Été — “naïve” 東京 🍞", {"1. §"}, kAwkward}};
}

OrderedJson message(const char* role, const char* content) {
  return {{"role", role}, {"content", content}};
}

// Conversations that every template takes: the user begins, turns alternate.
std::vector<OrderedJson> chat_probes() {
  return {OrderedJson::array({message("user", "Why do you keep a notebook?")}),
          OrderedJson::array({message("user", kAwkward)}),
          OrderedJson::array({message("user", "Write about glue."),
                              message("assistant", "It holds, or it does not."),
                              message("user", "Go on.")})};
}

// The day on which templates that tell the date are asked.
constexpr std::chrono::system_clock::time_point kDay{};

Ids through_chat(const ModelChat& chat, const OrderedJson& messages) {
  try {
    return chat.prompt({&messages, nullptr, nullptr}, kDay).ids;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kBadInput) throw;
    return {};
  }
}

Ids as_text(const Tokenizer& tokenizer, const OrderedJson& messages) {
  std::string text;
  for (const OrderedJson& each : messages) {
    text += (text.empty() ? "" : "\n\n") + each["content"].get<std::string>();
  }
  Ids ids = tokenizer.encode(text);
  if (const auto begin = beginning_of_text(tokenizer)) ids.insert(ids.begin(), *begin);
  return ids;
}

bool is_chat(PromptTemplate style) {
  return style == PromptTemplate::kChat || style == PromptTemplate::kAlpaca;
}

}  // namespace

std::string template_fingerprint(const LanguageModel& model, PromptTemplate style) {
  // A number goes up whenever the same prompt gives other ids.
  if (style == PromptTemplate::kWriting) return sha256("writing-prompt/1");
  if (style == PromptTemplate::kPlain) return sha256("plain/1");
  const std::string* text = model.chat.find_template(false);
  if (text == nullptr) {
    throw Error(ErrorCode::kBadInput, "the chat template it was trained with is gone");
  }
  return sha256(*text);
}

std::vector<Ids> parity_probes(const LanguageModel& model, PromptTemplate style, size_t room) {
  const Tokenizer& tokenizer = *model.tokenizer;
  std::vector<Ids> probes;
  if (style == PromptTemplate::kWriting) {
    for (const WritingPrompt& prompt : writing_probes()) {
      probes.push_back(render_prompt(tokenizer, prompt).ids);
    }
  } else if (is_chat(style)) {
    const ModelChat chat(tokenizer, model.chat, "parity record");
    for (const OrderedJson& messages : chat_probes()) {
      probes.push_back(through_chat(chat, messages));
    }
  } else {
    for (const OrderedJson& messages : chat_probes()) {
      probes.push_back(as_text(tokenizer, messages));
    }
  }
  const size_t positions = model.weights->config.max_position_embeddings;
  const size_t most = std::max<size_t>(1, positions - std::min(room, positions));
  for (Ids& ids : probes) {
    if (ids.size() > most) {
      ids.erase(ids.begin(), ids.end() - static_cast<std::ptrdiff_t>(most));
    }
  }
  return probes;
}

}  // namespace twin
