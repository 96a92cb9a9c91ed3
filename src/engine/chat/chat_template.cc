#include "engine/chat/chat_template.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "engine/chat/characters.h"
#include "engine/chat/from_json.h"
#include "engine/chat/interpreter.h"
#include "engine/chat/parser.h"

namespace twin {

struct ChatTemplate::Parsed {
  std::string where;
  ChatTemplateLimits limits;
  chat::Template source;
};

namespace {

// Messages with their roles as the template's own text where they are usual ones: a role is often
// part of a special token, "<|user|>".
chat::Value messages_of(chat::JsonReader& reader, const OrderedJson& messages) {
  static constexpr std::string_view kRoles[] = {
      "system",   "developer", "user",          "assistant",   "model",    "tool",
      "function", "ipython",   "tool_response", "observation", "tool_call"};
  if (!messages.is_array()) throw chat::Failure("the messages are not a list");
  std::vector<chat::Value> values;
  for (const OrderedJson& message : messages) {
    if (!message.is_object()) throw chat::Failure("a message is not an object");
    auto value = std::make_shared<chat::Dict>();
    for (const auto& [key, member] : message.items()) {
      const bool usual = key == "role" && member.is_string() &&
                         std::find(std::begin(kRoles), std::end(kRoles),
                                   member.get_ref<const std::string&>()) != std::end(kRoles);
      value->set(reader.budget(), reader.text(key),
                 usual ? chat::Value(std::string_view(member.get_ref<const std::string&>()))
                       : reader.read(member));
    }
    values.emplace_back(std::shared_ptr<const chat::Dict>(std::move(value)));
  }
  return make_list(std::move(values));
}

chat::Interpreter::Variables variables_of(chat::JsonReader& reader, const ChatRequest& request) {
  chat::Interpreter::Variables variables;
  const auto optional = [&](const OrderedJson* json) {
    return json ? reader.read(*json) : chat::Value(chat::None{});
  };
  if (request.messages == nullptr) throw chat::Failure("there are no messages");
  variables.emplace_back("messages", messages_of(reader, *request.messages));
  variables.emplace_back("tools", optional(request.tools));
  variables.emplace_back("documents", optional(request.documents));
  variables.emplace_back("add_generation_prompt", chat::Value(request.add_generation_prompt));
  if (request.variables) {
    if (!request.variables->is_object()) throw chat::Failure("the variables are not an object");
    for (const auto& [name, value] : request.variables->items()) {
      variables.emplace_back(name, reader.read(value));
    }
  }
  for (const auto& [name, token] : request.special_tokens) {
    variables.emplace_back(name, chat::Value(std::string_view(token)));
  }
  return variables;
}

}  // namespace

ChatTemplate ChatTemplate::parse(std::string_view source, std::string where,
                                 ChatTemplateLimits limits) {
  const auto fail = [&](size_t line, std::string_view reason) {
    throw Error(ErrorCode::kBadInput, fmt::format("{}: line {}: {}", where, line, reason));
  };
  if (source.size() > limits.max_bytes) {
    throw Error(ErrorCode::kBadInput,
                fmt::format("{}: a chat template of {} bytes, more than the limit of {}", where,
                            source.size(), limits.max_bytes));
  }
  for (size_t i = 0; i < source.size();) {
    const chat::Character character = chat::character_at(source, i);
    if (character.code >= 0xDC80 && character.code <= 0xDCFF) {
      const auto line =
          std::count(source.begin(), source.begin() + static_cast<std::ptrdiff_t>(i), '\n');
      fail(static_cast<size_t>(line) + 1, fmt::format("byte {} of the template is not UTF-8", i));
    }
    i += character.bytes;
  }
  auto parsed = std::make_shared<Parsed>();
  try {
    parsed->source = chat::parse_template(source, {chat::is_filter, chat::is_predicate});
  } catch (const chat::SyntaxFailure& failure) {
    fail(failure.line, failure.reason);
  }
  parsed->where = std::move(where);
  parsed->limits = limits;
  return ChatTemplate(std::move(parsed));
}

RenderedChat ChatTemplate::render(const ChatRequest& request) const {
  const auto fail = [&](std::string_view place, std::string_view reason) {
    throw Error(ErrorCode::kBadInput, fmt::format("{}: {}{}", parsed_->where, place, reason));
  };
  chat::JsonReader reader;
  chat::Interpreter::Variables variables;
  try {
    variables = variables_of(reader, request);
  } catch (const chat::Failure& failure) {
    fail("", failure.what());
  }
  chat::Runtime runtime(parsed_->limits.max_steps + 4 * reader.bytes());
  runtime.now = request.now;
  runtime.utc_offset = request.utc_offset;
  chat::Interpreter interpreter(parsed_->source, runtime, variables);
  try {
    const chat::TrackedText text = interpreter.run();
    RenderedChat rendered{text.bytes(), {}};
    for (const auto& range : text.user_ranges()) {
      rendered.user_ranges.push_back({range.begin, range.end});
    }
    return rendered;
  } catch (const chat::Failure& failure) {
    fail(fmt::format("line {}: ", interpreter.line()), failure.what());
  }
  return {};
}

std::vector<TokenId> encode_chat(const Tokenizer& tokenizer, const RenderedChat& chat) {
  EncodeOptions options;
  options.parse_special = true;
  options.verbatim = chat.user_ranges;
  return tokenizer.encode(chat.text, options);
}

}  // namespace twin
