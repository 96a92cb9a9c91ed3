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

constexpr std::string_view kBlank = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
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

bool ends_in_reply(const OrderedJson& messages) {
  if (messages.empty()) return false;
  const OrderedJson& last = messages.back();
  return last.is_object() && last.value("role", OrderedJson()) == "assistant" &&
         last.contains("content") && last["content"].is_string() &&
         !trimmed(last["content"].get_ref<const std::string&>()).empty();
}

ChatPrompt ModelChat::continuation(const Chat& chat,
                                   std::chrono::system_clock::time_point now) const {
  if (!ends_in_reply(*chat.messages)) {
    throw Error(ErrorCode::kBadInput, "the chat does not end in a reply that could be continued");
  }
  RenderedChat rendered = render(chat, false, now);
  const std::string_view reply =
      trimmed(chat.messages->back()["content"].get_ref<const std::string&>());
  std::vector<ByteSpan>& ranges = rendered.user_ranges;
  for (; !ranges.empty(); ranges.pop_back()) {
    ByteSpan& last = ranges.back();
    const std::string_view shown =
        std::string_view(rendered.text).substr(last.begin, last.end - last.begin);
    const size_t at = shown.rfind(reply);
    if (at == std::string_view::npos) continue;
    const size_t behind = shown.find_first_not_of(kBlank, at + reply.size());
    last.end = behind == std::string_view::npos ? last.end : last.begin + at + reply.size();
    rendered.text.resize(last.end);
    return {rendered.text, encode_chat(tokenizer_, rendered)};
  }
  throw Error(ErrorCode::kBadInput,
              "the chat template does not show the last message as it stands, so that it cannot be "
              "continued");
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
