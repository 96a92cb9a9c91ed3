#include "models/model_chat.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace twin {
namespace {

ChatTemplate parse_named(const ChatSettings& settings, const std::string& name,
                         const std::string& where) {
  const auto found = settings.templates.find(name.empty() ? "default" : name);
  if (found != settings.templates.end()) {
    return ChatTemplate::parse(found->second, where + ": chat template");
  }
  if (settings.templates.empty()) {
    throw Error(ErrorCode::kUsage, fmt::format("{}: this model has no chat template", where));
  }
  std::vector<std::string> names;
  for (const auto& [known, text] : settings.templates) names.push_back(known);
  throw Error(
      ErrorCode::kUsage,
      fmt::format("{}: no chat template '{}'; there {} {}", where, name.empty() ? "default" : name,
                  names.size() == 1 ? "is" : "are", fmt::join(names, ", ")));
}

}  // namespace

ModelChat::ModelChat(const Tokenizer& tokenizer, const ChatSettings& settings,
                     const std::string& where, const std::string& name)
    : tokenizer_(tokenizer), settings_(settings), template_(parse_named(settings, name, where)) {
  if (name.empty() && settings.templates.count("tool_use") > 0) {
    with_tools_ = parse_named(settings, "tool_use", where);
  }
}

RenderedChat ModelChat::render(const Chat& chat, bool begin_reply,
                               std::optional<std::chrono::system_clock::time_point> now) const {
  ChatRequest request;
  request.messages = chat.messages;
  request.tools = chat.tools;
  request.variables = chat.variables;
  request.add_generation_prompt = begin_reply;
  request.special_tokens = settings_.special_tokens;
  request.now = now;
  return (chat.tools != nullptr && with_tools_ ? *with_tools_ : template_).render(request);
}

ChatPrompt ModelChat::prompt(const Chat& chat, std::chrono::system_clock::time_point now) const {
  const RenderedChat rendered = render(chat, true, now);
  return {rendered.text, encode_chat(tokenizer_, rendered)};
}

std::optional<TokenId> ModelChat::end_of_turn() const {
  const OrderedJson messages = {{{"role", "user"}, {"content", "a"}},
                                {{"role", "assistant"}, {"content", "b"}}};
  const OrderedJson no_tools = OrderedJson::array();
  RenderedChat rendered;
  // Some templates want tools, some other chats than this one. None is known to say the date behind
  // a reply.
  for (const OrderedJson* tools : {static_cast<const OrderedJson*>(nullptr), &no_tools}) {
    try {
      rendered =
          render({&messages, tools, nullptr}, false, std::chrono::system_clock::time_point{});
      break;
    } catch (const Error&) {
      continue;
    }
  }
  if (rendered.user_ranges.empty()) return std::nullopt;
  const std::string end = rendered.text.substr(rendered.user_ranges.back().end);
  const std::vector<TokenId> ids = encode_chat(tokenizer_, {end, {}});
  for (const TokenId id : ids) {
    const std::string bytes = tokenizer_.token_bytes(id);
    if (bytes.empty()) return id;
    if (bytes.find_first_not_of(" \n") != std::string::npos) break;
  }
  return std::nullopt;
}

bool writes_in_chats(const LanguageModel& model) {
  if (model.chat.find_template(false) == nullptr) return false;
  return !model.trained_with || *model.trained_with == PromptTemplate::kChat ||
         *model.trained_with == PromptTemplate::kAlpaca;
}

}  // namespace twin
