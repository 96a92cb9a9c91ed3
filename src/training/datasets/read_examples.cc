#include "training/datasets/read_examples.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "text/unicode.h"

namespace twin {
namespace {

constexpr const char* kExpected =
    "expected \"messages\", \"instruction\" and \"output\" (or \"answer\"), \"prompt\" and "
    "\"completion\", or \"text\"";
constexpr const char* kRoles[] = {"system", "developer", "user", "assistant", "tool", "function"};
// A file with more wrong lines than these is described by them.
constexpr size_t kShownProblems = 5;

Error wrong(const std::string& what) { return {ErrorCode::kBadInput, what}; }

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
    throw wrong(fmt::format("\"{}\" is a {}, expected a string", name, found->type_name()));
  }
  return found->get<std::string>();
}

std::string needed(const OrderedJson& object, const char* name) {
  std::optional<std::string> text = text_field(object, name);
  if (!text) throw wrong(fmt::format("\"{}\" is missing", name));
  if (text->empty()) throw wrong(fmt::format("\"{}\" is empty", name));
  return *std::move(text);
}

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == text.npos; }

const std::string& role_of(const OrderedJson& message, size_t index) {
  if (!message.is_object()) {
    throw wrong(fmt::format("message {} is a {}, expected an object", index, message.type_name()));
  }
  const auto role = message.find("role");
  if (role == message.end() || !role->is_string()) {
    throw wrong(fmt::format("message {} has no \"role\"", index));
  }
  const auto& name = role->get_ref<const std::string&>();
  if (std::find(std::begin(kRoles), std::end(kRoles), name) == std::end(kRoles)) {
    throw wrong(
        fmt::format("message {} has the role \"{}\", expected system, user, assistant or "
                    "tool",
                    index, name.substr(0, 40)));
  }
  return name;
}

// Messages are handed to the chat template as they are; what is checked here is that there is
// something to learn and that it is text.
void check_messages(const OrderedJson& messages, size_t first_learnt) {
  if (!messages.is_array()) {
    throw wrong(
        fmt::format("the messages are a {}, expected a list of them", messages.type_name()));
  }
  bool learns = false;
  for (size_t i = 0; i < messages.size(); ++i) {
    const OrderedJson& message = messages[i];
    const bool assistant = role_of(message, i) == "assistant";
    const auto content = message.find("content");
    const bool absent = content == message.end() || content->is_null();
    if (absent && !(assistant && message.contains("tool_calls"))) {
      throw wrong(fmt::format("message {} has no \"content\"", i));
    }
    if (!absent && !content->is_string() && (assistant || !content->is_array())) {
      throw wrong(fmt::format("message {}: \"content\" is a {}, expected a string", i,
                              content->type_name()));
    }
    if (!assistant || i < first_learnt) continue;
    if (absent || is_blank(content->get_ref<const std::string&>())) {
      throw wrong(fmt::format("message {}, the assistant's, has no text to learn", i));
    }
    learns = true;
  }
  if (!learns) throw wrong("no message of the assistant: nothing to learn");
}

struct Read {
  ExampleKind kind;
  Example example;
};

Read read_messages(OrderedJson messages, size_t first_learnt, const OrderedJson& object) {
  check_messages(messages, first_learnt);
  Read read{ExampleKind::kMessages, {}};
  read.example.messages = dump_json(messages);
  read.example.first_learnt = first_learnt;
  if (const auto tools = object.find("tools"); tools != object.end() && !tools->is_null()) {
    if (!tools->is_array()) {
      throw wrong(fmt::format("\"tools\" is a {}, expected a list", tools->type_name()));
    }
    read.example.tools = dump_json(*tools);
  }
  return read;
}

Read read_example(const OrderedJson& object) {
  if (!object.is_object()) {
    throw wrong(fmt::format("found a {}, expected an object", object.type_name()));
  }
  if (object.contains("messages")) return read_messages(object["messages"], 0, object);
  Read read{ExampleKind::kText, {}};
  Example& example = read.example;
  if (object.contains("instruction")) {
    read.kind = ExampleKind::kInstruction;
    example.prompt = text_field(object, "instruction").value_or("");
    example.input = text_field(object, "input").value_or("");
    const bool output = object.contains("output"), answer = object.contains("answer");
    if (output && answer) throw wrong("both \"output\" and \"answer\"; expected one of them");
    if (!output && !answer) throw wrong("\"output\" (or \"answer\") is missing");
    example.completion = needed(object, output ? "output" : "answer");
    return read;
  }
  if (object.contains("prompt") || object.contains("completion")) {
    const OrderedJson prompt = object.value("prompt", OrderedJson());
    const OrderedJson completion = object.value("completion", OrderedJson());
    if (prompt.is_array() && completion.is_array()) {
      OrderedJson messages = prompt;
      messages.insert(messages.end(), completion.begin(), completion.end());
      return read_messages(std::move(messages), prompt.size(), object);
    }
    read.kind = ExampleKind::kPromptCompletion;
    const std::optional<std::string> text = text_field(object, "prompt");
    if (!text) throw wrong("\"prompt\" is missing");
    example.prompt = *text;
    example.completion = needed(object, "completion");
    return read;
  }
  if (object.contains("text")) {
    example.completion = needed(object, "text");
    return read;
  }
  throw wrong(fmt::format("found {}; {}", names_of(object), kExpected));
}

// Gathers the samples of a file, and what is wrong with the others.
class Gatherer {
 public:
  Gatherer(const std::string& name, bool lines) {
    file_.name = name;
    file_.lines = lines;
  }

  void skip_empty() { ++file_.empty_lines; }
  void add(size_t line, const OrderedJson& object, bool held_out) {
    try {
      put(line, read_example(object), held_out);
    } catch (const Error& error) {
      note(line, error.what());
    }
  }
  void note(size_t line, const std::string& what) {
    if (++problems_ <= kShownProblems) {
      notes_ += fmt::format("\n  {} {}: {}", unit(), line, what);
    }
  }

  ExampleFile finish() {
    if (problems_ > 0) {
      if (problems_ > kShownProblems) {
        notes_ += fmt::format("\n  and {} more", problems_ - kShownProblems);
      }
      throw wrong(fmt::format("{}: {} of {} samples cannot be learnt from:{}", file_.name,
                              problems_, problems_ + count(), notes_));
    }
    if (file_.examples.empty()) {
      throw wrong(fmt::format("{}: no samples; {}, one object to a line", file_.name, kExpected));
    }
    return std::move(file_);
  }

 private:
  const char* unit() const { return file_.lines ? "line" : "sample"; }
  size_t count() const { return file_.examples.size() + file_.held_out.size(); }

  void put(size_t line, Read read, bool held_out) {
    if (count() == 0) {
      file_.kind = read.kind;
      first_ = line;
    } else if (read.kind != file_.kind) {
      throw wrong(fmt::format("has {}, but {} {} has {}: a file is of one kind", name_of(read.kind),
                              unit(), first_, name_of(file_.kind)));
    }
    read.example.line = line;
    (held_out ? file_.held_out : file_.examples).push_back(std::move(read.example));
  }

  ExampleFile file_;
  size_t first_ = 0;  // line of the first sample
  size_t problems_ = 0;
  std::string notes_;
};

// A part of the reference system's document: {"articles": {"samples": [...]}, ...}.
void add_part(const OrderedJson& part, const char* name, bool held_out, size_t& number,
              Gatherer& gather) {
  if (!part.is_object()) throw wrong(fmt::format("\"{}\" is no object of categories", name));
  for (const auto& [category, data] : part.items()) {
    if (!data.is_object() || !data.contains("samples") || !data["samples"].is_array()) {
      throw wrong(fmt::format("\"{}\", category \"{}\": no list of \"samples\"", name,
                              category.substr(0, 40)));
    }
    for (const OrderedJson& sample : data["samples"]) gather.add(++number, sample, held_out);
  }
}

void gather_document(std::string_view text, const std::string& name, Gatherer& gather) {
  const OrderedJson document = parse_ordered_json(text, name);
  size_t number = 0;
  if (document.is_array()) {
    for (const OrderedJson& sample : document) gather.add(++number, sample, false);
    return;
  }
  if (!document.is_object() || !document.contains("train")) {
    throw wrong(
        fmt::format("{}: expected a list of samples, or an object with \"train\" and "
                    "\"test\"; a file of one sample to a line is named .jsonl",
                    name));
  }
  try {
    add_part(document["train"], "train", false, number, gather);
    if (document.contains("test")) add_part(document["test"], "test", true, number, gather);
  } catch (const Error& error) {
    throw wrong(name + ": " + error.what());
  }
}

void gather_lines(std::string_view text, const ExampleLimits& limits, Gatherer& gather) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (is_blank(line)) {
      gather.skip_empty();
    } else if (line.size() > limits.max_line_bytes) {
      gather.note(number, fmt::format("{} bytes long, the limit is {}", line.size(),
                                      limits.max_line_bytes));
    } else if (!is_valid_utf8(line)) {
      gather.note(number, "invalid UTF-8");
    } else {
      std::optional<OrderedJson> object;
      try {
        object = parse_ordered_json(line, "");
      } catch (const Error& error) {
        // Without the empty name.
        gather.note(number, std::string(error.what()).substr(2));
      }
      if (object) gather.add(number, *object, false);
    }
  }
}

}  // namespace

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

ExampleFile parse_examples(std::string_view text, const std::string& name, bool lines,
                           const ExampleLimits& limits) {
  Gatherer gather(name, lines);
  if (lines) {
    gather_lines(text, limits, gather);
  } else {
    gather_document(text, name, gather);
  }
  return gather.finish();
}

ExampleFile read_examples(const std::filesystem::path& file, const ExampleLimits& limits) {
  if (std::filesystem::is_directory(file)) {
    throw wrong(fmt::format("{}: a folder; expected a file of samples", file.string()));
  }
  const MappedFile mapped(file);
  return parse_examples(mapped.bytes(), file.string(), file.extension() != ".json", limits);
}

}  // namespace twin
