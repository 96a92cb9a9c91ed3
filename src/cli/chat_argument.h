#pragma once

#include <optional>
#include <string>

#include "base/json.h"
#include "cli/command.h"
#include "models/language_model.h"
#include "models/model_chat.h"

namespace twin {

// What the command line says of a chat with a model.
struct ChatArgument {
  std::optional<bool> chat;   // --chat, --no-chat; unset: neither
  std::string system;         // the system message
  std::string messages_file;  // JSON: a list of messages
  std::string tools_file;     // JSON: a list of function schemas
  std::string variables;      // JSON: an object
  std::string chat_template;  // a .jinja file or the name of one of the model's templates
};

// Declares --chat and what goes with it. `argument` outlives the parse.
void add_chat_argument(CLI::App* command, ChatArgument& argument);

// Whether a chat is asked for: by --chat, or by what only a chat has. Errors: kUsage where that
// goes with --no-chat.
bool wants_chat(const ChatArgument& argument);

// The messages of the file, the system message before and `text`, where there is any, behind them
// as the user's. Errors: kUsage where there is none, or two system messages; kBadInput naming a
// file that holds something else.
OrderedJson chat_messages(const ChatArgument& argument, const std::string& text);

// `where` names the model. Errors: those of ModelChat and chat_messages().
ModelChat open_chat(const ChatArgument& argument, const Tokenizer& tokenizer,
                    const ChatSettings& settings, const std::string& where);
ChatPrompt chat_prompt(const Context& context, const ModelChat& chat, const ChatArgument& argument,
                       const std::string& text);

}  // namespace twin
