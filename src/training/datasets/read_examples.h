#pragma once

#include <filesystem>
#include <string_view>

#include "training/datasets/example.h"

namespace twin {

// Reads training samples: a .json file is one document, a list of samples or what the reference
// system calls an instruct dataset ("train" and "test" with samples by category); any other file is
// JSON lines. The kind is found from the samples' fields and is one for the whole file. Empty lines
// are skipped and counted; nothing else is passed over.
// Errors: kBadInput naming the first lines that are wrong, with what was found and what was
// expected, and how many there are: no JSON, no object, invalid UTF-8, a field missing, of another
// type or empty, an unknown role, nothing to learn, a line over the limit, another kind than the
// lines before; a file without samples.
ExampleFile read_examples(const std::filesystem::path& file, const ExampleLimits& limits = {});

// The same of a text. `lines`: JSON lines; else one document.
ExampleFile parse_examples(std::string_view text, const std::string& name, bool lines,
                           const ExampleLimits& limits = {});

}  // namespace twin
