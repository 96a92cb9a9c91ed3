#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "training/datasets/example.h"

namespace twin {

// Takes one sample. Errors: kBadInput with what is wrong with it, without where it stands.
using TakeSample = std::function<void(size_t line, const OrderedJson& object, bool held_out)>;

// Reads a file of samples (docs/formats/training_data.md): JSON lines or one document, each sample
// in turn. Returns how many empty lines it skipped. `expected`: the fields, for errors.
// Errors: kBadInput naming the first lines that are wrong, with how many there are; a file without
// samples.
size_t gather_samples(std::string_view text, const std::string& name, bool lines,
                      const ExampleLimits& limits, const char* expected, const TakeSample& take);

}  // namespace twin
