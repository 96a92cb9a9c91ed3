#include "training/datasets/sample_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace twin {
namespace {

constexpr const char* kRoles[] = {"system", "developer", "user", "assistant", "tool", "function"};

const std::string& role_of(const OrderedJson& message, size_t index) {
  if (!message.is_object()) {
    throw wrong_sample(
        fmt::format("message {} is a {}, expected an object", index, message.type_name()));
  }
  const auto role = message.find("role");
  if (role == message.end() || !role->is_string()) {
    throw wrong_sample(fmt::format("message {} has no \"role\"", index));
  }
  const auto& name = role->get_ref<const std::string&>();
  if (std::find(std::begin(kRoles), std::end(kRoles), name) == std::end(kRoles)) {
    throw wrong_sample(
        fmt::format("message {} has the role \"{}\", expected system, user, assistant or "
                    "tool",
                    index, name.substr(0, 40)));
  }
  return name;
}

void check_messages(const OrderedJson& messages, size_t first_learnt) {
  if (!messages.is_array()) {
    throw wrong_sample(
        fmt::format("the messages are a {}, expected a list of them", messages.type_name()));
  }
  bool learns = false;
  for (size_t i = 0; i < messages.size(); ++i) {
    const OrderedJson& message = messages[i];
    const bool assistant = role_of(message, i) == "assistant";
    const auto content = message.find("content");
    const bool absent = content == message.end() || content->is_null();
    if (absent && !(assistant && message.contains("tool_calls"))) {
      throw wrong_sample(fmt::format("message {} has no \"content\"", i));
    }
    if (!absent && !content->is_string() && (assistant || !content->is_array())) {
      throw wrong_sample(fmt::format("message {}: \"content\" is a {}, expected a string", i,
                                     content->type_name()));
    }
    if (!assistant || i < first_learnt) continue;
    if (absent || is_blank(content->get_ref<const std::string&>())) {
      throw wrong_sample(fmt::format("message {}, the assistant's, has no text to learn", i));
    }
    learns = true;
  }
  if (!learns) throw wrong_sample("no message of the assistant: nothing to learn");
}

}  // namespace

Error wrong_sample(const std::string& what) { return {ErrorCode::kBadInput, what}; }

std::string names_of(const OrderedJson& object) {
  std::string names;
  for (const auto& [name, value] : object.items()) {
    if (names.size() > 100) return names + ", ...";
    names += (names.empty() ? "\"" : ", \"") + name.substr(0, 40) + "\"";
  }
  return names.empty() ? "no fields" : names;
}

// A field that must be a string; nullopt where it is absent or null.
std::optional<std::string> text_field(const OrderedJson& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return std::nullopt;
  if (!found->is_string()) {
    throw wrong_sample(fmt::format("\"{}\" is a {}, expected a string", name, found->type_name()));
  }
  return found->get<std::string>();
}

std::string needed_text(const OrderedJson& object, const char* name) {
  std::optional<std::string> text = text_field(object, name);
  if (!text) throw wrong_sample(fmt::format("\"{}\" is missing", name));
  if (text->empty()) throw wrong_sample(fmt::format("\"{}\" is empty", name));
  return *std::move(text);
}

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == text.npos; }

ReadSample read_messages(const OrderedJson& messages, size_t first_learnt,
                         const OrderedJson& object) {
  check_messages(messages, first_learnt);
  ReadSample read{ExampleKind::kMessages, {}};
  read.example.messages = dump_json(messages);
  read.example.first_learnt = first_learnt;
  if (const auto tools = object.find("tools"); tools != object.end() && !tools->is_null()) {
    if (!tools->is_array()) {
      throw wrong_sample(fmt::format("\"tools\" is a {}, expected a list", tools->type_name()));
    }
    read.example.tools = dump_json(*tools);
  }
  return read;
}

void add_sample(ExampleFile& file, ReadSample sample, size_t line, bool held_out) {
  const bool empty = file.examples.empty() && file.held_out.empty();
  if (empty) {
    file.kind = sample.kind;
  } else if (sample.kind != file.kind) {
    const Example& first = file.examples.empty() ? file.held_out.front() : file.examples.front();
    throw wrong_sample(fmt::format("has {}, but {} {} has {}: a file is of one kind",
                                   name_of(sample.kind), file.lines ? "line" : "sample", first.line,
                                   name_of(file.kind)));
  }
  sample.example.line = line;
  (held_out ? file.held_out : file.examples).push_back(std::move(sample.example));
}

std::string_view name_of(ExampleKind kind) {
  switch (kind) {
    case ExampleKind::kMessages:
      return "messages";
    case ExampleKind::kInstruction:
      return "instruction and output";
    case ExampleKind::kPromptCompletion:
      return "prompt and completion";
    case ExampleKind::kText:
      break;
  }
  return "text";
}

std::string ExampleFile::where(const Example& example) const {
  return fmt::format("{}, {} {}", name, lines ? "line" : "sample", example.line);
}

}  // namespace twin
