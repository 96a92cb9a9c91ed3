#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "training/datasets/example.h"

namespace twin {

// Two answers to each of a file's prompts, as two files of examples: one's i-th stands on the line
// of the other's i-th and has the same prompt.
struct PairFile {
  ExampleFile chosen, rejected;
  std::vector<size_t> equal;  // lines left out: the same answer twice
};

// Reads preferences: files as read_examples() reads them, of samples with "chosen" and "rejected"
// and a "prompt" or "instruction" (docs/formats/training_data.md).
// skip_equal: pairs whose chosen and rejected are the same are left out; else they are refused.
// Errors: kBadInput as read_examples(), also for such pairs, or where an answer has no text.
PairFile read_pairs(const std::filesystem::path& file, const ExampleLimits& limits = {},
                    bool skip_equal = false);

// The same of a text. `lines`: JSON lines; else one document.
PairFile parse_pairs(std::string_view text, const std::string& name, bool lines,
                     const ExampleLimits& limits = {}, bool skip_equal = false);

}  // namespace twin
