#include "training/datasets/read_examples.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "training/datasets/gather_samples.h"
#include "training/datasets/sample_fields.h"

namespace twin {
namespace {

constexpr const char* kExpected =
    "expected \"messages\", \"instruction\" and \"output\" (or \"answer\"), \"prompt\" and "
    "\"completion\", or \"text\"";

ReadSample read_example(const OrderedJson& object) {
  if (!object.is_object()) {
    throw wrong_sample(fmt::format("found a {}, expected an object", object.type_name()));
  }
  if (object.contains("messages")) return read_messages(object["messages"], 0, object);
  ReadSample read{ExampleKind::kText, {}};
  Example& example = read.example;
  if (object.contains("instruction")) {
    read.kind = ExampleKind::kInstruction;
    example.prompt = text_field(object, "instruction").value_or("");
    example.input = text_field(object, "input").value_or("");
    const bool output = object.contains("output"), answer = object.contains("answer");
    if (output && answer)
      throw wrong_sample("both \"output\" and \"answer\"; expected one of them");
    if (!output && !answer) throw wrong_sample("\"output\" (or \"answer\") is missing");
    example.completion = needed_text(object, output ? "output" : "answer");
    return read;
  }
  if (object.contains("prompt") || object.contains("completion")) {
    const OrderedJson prompt = object.value("prompt", OrderedJson());
    const OrderedJson completion = object.value("completion", OrderedJson());
    if (prompt.is_array() && completion.is_array()) {
      OrderedJson messages = prompt;
      messages.insert(messages.end(), completion.begin(), completion.end());
      return read_messages(messages, prompt.size(), object);
    }
    read.kind = ExampleKind::kPromptCompletion;
    const std::optional<std::string> text = text_field(object, "prompt");
    if (!text) throw wrong_sample("\"prompt\" is missing");
    example.prompt = *text;
    example.completion = needed_text(object, "completion");
    return read;
  }
  if (object.contains("text")) {
    example.completion = needed_text(object, "text");
    return read;
  }
  throw wrong_sample(fmt::format("found {}; {}", names_of(object), kExpected));
}

}  // namespace

ExampleFile parse_examples(std::string_view text, const std::string& name, bool lines,
                           const ExampleLimits& limits) {
  ExampleFile file;
  file.name = name;
  file.lines = lines;
  file.empty_lines = gather_samples(text, name, lines, limits, kExpected,
                                    [&](size_t line, const OrderedJson& object, bool held_out) {
                                      add_sample(file, read_example(object), line, held_out);
                                    });
  if (file.examples.empty()) {
    throw wrong_sample(fmt::format("{}: no samples; {}, one object to a line", name, kExpected));
  }
  return file;
}

ExampleFile read_examples(const std::filesystem::path& file, const ExampleLimits& limits) {
  if (std::filesystem::is_directory(file)) {
    throw wrong_sample(fmt::format("{}: a folder; expected a file of samples", file.string()));
  }
  const MappedFile mapped(file);
  return parse_examples(mapped.bytes(), file.string(), file.extension() != ".json", limits);
}

}  // namespace twin
