#pragma once

#include <filesystem>
#include <string_view>

#include "training/datasets/example.h"

namespace twin {

// Two answers to each of a file's prompts, as two files of examples: one's i-th stands on the line
// of the other's i-th and has the same prompt.
struct PairFile {
  ExampleFile chosen, rejected;
};

// Reads preferences: files as read_examples() reads them, of samples with "chosen" and "rejected"
// and a "prompt" or "instruction" (docs/formats/training_data.md).
// Errors: kBadInput as read_examples(), also where chosen and rejected are the same, or an answer
// has no text.
PairFile read_pairs(const std::filesystem::path& file, const ExampleLimits& limits = {});

// The same of a text. `lines`: JSON lines; else one document.
PairFile parse_pairs(std::string_view text, const std::string& name, bool lines,
                     const ExampleLimits& limits = {});

}  // namespace twin
