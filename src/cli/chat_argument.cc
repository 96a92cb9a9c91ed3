#include "cli/chat_argument.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"

namespace twin {
namespace {

constexpr uint64_t kMaxFile = uint64_t{64} << 20;

// A JSON file, or standard input for "-".
OrderedJson read_json(const std::string& file) {
  if (file != "-") return parse_ordered_json(read_file(file, kMaxFile), file);
  const std::string text{std::istreambuf_iterator<char>(std::cin),
                         std::istreambuf_iterator<char>()};
  return parse_ordered_json(text, "standard input");
}

OrderedJson read_list(const std::string& file, const char* of) {
  OrderedJson list = read_json(file);
  if (!list.is_array()) {
    throw Error(ErrorCode::kBadInput, fmt::format("{}: expected a list of {}", file, of));
  }
  return list;
}

}  // namespace

void add_chat_argument(CLI::App* command, ChatArgument& argument) {
  CLI::Option* chat = command->add_flag_callback(
      "--chat", [&argument] { argument.chat = true; },
      "TEXT is a user's message, put through the model's chat template");
  command
      ->add_flag_callback(
          "--no-chat", [&argument] { argument.chat = false; }, "TEXT is plain text (default)")
      ->excludes(chat);
  command->add_option("--system", argument.system, "The chat's system message")->type_name("TEXT");
  command
      ->add_option("--messages", argument.messages_file,
                   "A JSON list of messages ({\"role\", \"content\"}), - for standard input; TEXT "
                   "comes behind them; an assistant's last is continued")
      ->type_name("FILE");
  command->add_option("--tools", argument.tools_file, "A JSON list of function schemas")
      ->type_name("FILE");
  command
      ->add_option("--template-variables", argument.variables,
                   "A JSON object for the template: '{\"enable_thinking\": false}'")
      ->type_name("JSON");
  command
      ->add_option("--chat-template", argument.chat_template,
                   "Another template: a .jinja file, or the name of one of the model's")
      ->type_name("FILE|NAME");
}

bool wants_chat(const ChatArgument& argument) {
  const bool said = !argument.system.empty() || !argument.messages_file.empty() ||
                    !argument.tools_file.empty() || !argument.variables.empty() ||
                    !argument.chat_template.empty();
  if (said && !argument.chat.value_or(true)) {
    throw Error(ErrorCode::kUsage,
                "--no-chat takes no --system, --messages, --tools, --template-variables and "
                "--chat-template");
  }
  return argument.chat.value_or(said);
}

OrderedJson chat_messages(const ChatArgument& argument, const std::string& text) {
  OrderedJson messages = argument.messages_file.empty()
                             ? OrderedJson::array()
                             : read_list(argument.messages_file, "messages");
  for (const OrderedJson& message : messages) {
    if (!message.is_object() || !message.contains("role") || !message["role"].is_string()) {
      throw Error(ErrorCode::kBadInput,
                  fmt::format("{}: a message is no object with a \"role\": {}",
                              argument.messages_file, dump_json(message).substr(0, 80)));
    }
  }
  if (!argument.system.empty()) {
    if (!messages.empty() && messages[0]["role"] == "system") {
      throw Error(ErrorCode::kUsage,
                  fmt::format("{} begins with a system message, and --system gives another",
                              argument.messages_file));
    }
    const OrderedJson system = {{"role", "system"}, {"content", argument.system}};
    messages.insert(messages.begin(), system);
  }
  if (!text.empty()) messages.push_back({{"role", "user"}, {"content", text}});
  if (messages.empty()) {
    throw Error(ErrorCode::kUsage, "a chat needs a message: TEXT, --stdin or --messages FILE");
  }
  return messages;
}

ModelChat open_chat(const ChatArgument& argument, const Tokenizer& tokenizer,
                    const ChatSettings& settings, const std::string& where) {
  if (!argument.chat_template.ends_with(".jinja")) {
    try {
      return {tokenizer, settings, where, argument.chat_template};
    } catch (const Error& error) {
      if (!settings.templates.empty()) throw;
      throw Error(error.code(), fmt::format("{}; continue plain text (without --chat), or give one "
                                            "with --chat-template FILE.jinja",
                                            error.what()));
    }
  }
  ChatSettings other = settings;
  other.templates = {{"default", read_file(argument.chat_template, kMaxFile)}};
  return {tokenizer, other, argument.chat_template};
}

ChatPrompt chat_prompt(const Context& context, const ModelChat& chat, const ChatArgument& argument,
                       const std::string& text) {
  const OrderedJson messages = chat_messages(argument, text);
  OrderedJson tools, variables;
  Chat request;
  request.messages = &messages;
  if (!argument.tools_file.empty()) {
    tools = read_list(argument.tools_file, "function schemas");
    request.tools = &tools;
  }
  if (!argument.variables.empty()) {
    variables = parse_ordered_json(argument.variables, "--template-variables");
    request.variables = &variables;
  }
  return ends_in_reply(messages) ? chat.continuation(request, context.clock.now())
                                 : chat.prompt(request, context.clock.now());
}

}  // namespace twin
