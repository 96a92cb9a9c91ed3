#include "training/datasets/read_pairs.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "training/datasets/gather_samples.h"
#include "training/datasets/sample_fields.h"

namespace twin {
namespace {

constexpr const char* kExpected =
    "expected \"chosen\" and \"rejected\" with a \"prompt\" or an \"instruction\"";

struct ReadPair {
  ReadSample chosen, rejected;  // not read where both are the same
  bool same = false;
};

const OrderedJson& answer_field(const OrderedJson& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) {
    throw wrong_sample(fmt::format("\"{}\" is missing", name));
  }
  if (!found->is_string() && !found->is_array()) {
    throw wrong_sample(fmt::format("\"{}\" is a {}, expected a string or a list of messages", name,
                                   found->type_name()));
  }
  return *found;
}

// What both answers begin with.
OrderedJson common_messages(const OrderedJson& chosen, const OrderedJson& rejected) {
  OrderedJson common = OrderedJson::array();
  for (size_t i = 0; i < chosen.size() && i < rejected.size() && chosen[i] == rejected[i]; ++i) {
    common.push_back(chosen[i]);
  }
  return common;
}

ReadSample read_answer(const char* name, const OrderedJson& prompt, const OrderedJson& answer,
                       size_t first, const OrderedJson& object) {
  if (answer.size() <= first) {
    throw wrong_sample(fmt::format("\"{}\" has no message of its own", name));
  }
  OrderedJson messages = prompt;
  messages.insert(messages.end(), answer.begin() + static_cast<std::ptrdiff_t>(first),
                  answer.end());
  try {
    return read_messages(messages, prompt.size(), object);
  } catch (const Error& error) {
    throw wrong_sample(fmt::format("prompt and \"{}\": {}", name, error.what()));
  }
}

// Without a prompt, it is the messages that both answers begin with.
ReadPair read_chats(const OrderedJson& object, const OrderedJson& chosen,
                    const OrderedJson& rejected) {
  if (!chosen.is_array() || !rejected.is_array()) {
    throw wrong_sample("one of \"chosen\" and \"rejected\" is a list of messages, expected both");
  }
  if (chosen == rejected) return {{}, {}, true};
  OrderedJson prompt = object.value("prompt", OrderedJson());
  size_t first = 0;
  if (prompt.is_null()) {
    prompt = common_messages(chosen, rejected);
    first = prompt.size();
  } else if (!prompt.is_array()) {
    throw wrong_sample(fmt::format("\"prompt\" is a {}, expected a list of messages as \"chosen\"",
                                   prompt.type_name()));
  }
  return {read_answer("chosen", prompt, chosen, first, object),
          read_answer("rejected", prompt, rejected, first, object), false};
}

ReadPair read_pair(const OrderedJson& object) {
  if (!object.is_object()) {
    throw wrong_sample(fmt::format("found a {}, expected an object", object.type_name()));
  }
  if (!object.contains("chosen") && !object.contains("rejected")) {
    throw wrong_sample(fmt::format("found {}; {}", names_of(object), kExpected));
  }
  const OrderedJson& chosen = answer_field(object, "chosen");
  const OrderedJson& rejected = answer_field(object, "rejected");
  if (chosen.is_array() || rejected.is_array()) return read_chats(object, chosen, rejected);

  ReadSample read;
  const auto prompt = text_field(object, "prompt"), instruction = text_field(object, "instruction");
  if (prompt && instruction) {
    throw wrong_sample("both \"prompt\" and \"instruction\"; expected one of them");
  }
  if (!prompt && !instruction) throw wrong_sample("\"prompt\" (or \"instruction\") is missing");
  read.kind = instruction ? ExampleKind::kInstruction : ExampleKind::kPromptCompletion;
  read.example.prompt = instruction ? *instruction : *prompt;
  if (instruction) read.example.input = text_field(object, "input").value_or("");
  ReadPair pair{read, read, chosen == rejected};
  pair.chosen.example.completion = needed_text(object, "chosen");
  pair.rejected.example.completion = needed_text(object, "rejected");
  if (is_blank(pair.chosen.example.completion)) throw wrong_sample("\"chosen\" has no text");
  if (is_blank(pair.rejected.example.completion)) throw wrong_sample("\"rejected\" has no text");
  return pair;
}

}  // namespace

PairFile parse_pairs(std::string_view text, const std::string& name, bool lines,
                     const ExampleLimits& limits, bool skip_equal) {
  PairFile file;
  for (ExampleFile* side : {&file.chosen, &file.rejected}) {
    side->name = name;
    side->lines = lines;
  }
  file.chosen.empty_lines =
      gather_samples(text, name, lines, limits, kExpected,
                     [&](size_t line, const OrderedJson& object, bool held_out) {
                       ReadPair pair = read_pair(object);
                       if (pair.same && skip_equal) {
                         file.equal.push_back(line);
                         return;
                       }
                       if (pair.same) {
                         throw wrong_sample(
                             "\"chosen\" and \"rejected\" are the same (--skip-equal leaves such "
                             "pairs out)");
                       }
                       add_sample(file.chosen, std::move(pair.chosen), line, held_out);
                       add_sample(file.rejected, std::move(pair.rejected), line, held_out);
                     });
  file.rejected.empty_lines = file.chosen.empty_lines;
  if (file.chosen.examples.empty()) {
    throw wrong_sample(fmt::format("{}: no pairs to learn from; {}", name, kExpected));
  }
  return file;
}

PairFile read_pairs(const std::filesystem::path& file, const ExampleLimits& limits,
                    bool skip_equal) {
  if (std::filesystem::is_directory(file)) {
    throw wrong_sample(fmt::format("{}: a folder; expected a file of pairs", file.string()));
  }
  const MappedFile mapped(file);
  return parse_pairs(mapped.bytes(), file.string(), file.extension() != ".json", limits,
                     skip_equal);
}

}  // namespace twin
