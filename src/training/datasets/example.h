#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace twin {

// What the samples of a file are (docs/formats/training_data.md).
enum class ExampleKind { kMessages, kInstruction, kPromptCompletion, kText };
std::string_view name_of(ExampleKind kind);  // "messages", "instruction and output", ...

// One sample of a file, as it stands there.
struct Example {
  size_t line = 0;  // in the file, from 1; of a .json document, the sample's number
  // kMessages: JSON lists. Each message is an object with a role and a content.
  std::string messages;
  std::string tools;        // empty: none
  size_t first_learnt = 0;  // messages before this one are not learnt
  // The others; kText has its text in `completion`.
  std::string prompt;  // the instruction or prompt
  std::string input;   // kInstruction: what the instruction is about; may be empty
  std::string completion;
};

struct ExampleFile {
  std::string name;   // for messages about it
  bool lines = true;  // Example::line counts lines; else samples
  ExampleKind kind = ExampleKind::kText;
  std::vector<Example> examples;
  std::vector<Example> held_out;  // what the file itself keeps for tests
  size_t empty_lines = 0;         // skipped

  // "data.jsonl, line 3".
  std::string where(const Example& example) const;
};

struct ExampleLimits {
  size_t max_line_bytes = size_t{16} << 20;
};

}  // namespace twin
