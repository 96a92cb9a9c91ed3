#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <vector>

#include "engine/formats/safetensors.h"
#include "engine/model/weights.h"

namespace twin {

// For tests: each gradient is within a thousandth, relative, of the file's tensor of its name, none
// of which is zero.
inline void expect_gradients_of(const std::filesystem::path& file,
                                const std::vector<Parameter>& gradients) {
  const SafetensorsFile expected(file);
  EXPECT_EQ(gradients.size(), expected.tensors().size());
  for (const Parameter& parameter : gradients) {
    const auto found = expected.tensors().find(parameter.name);
    ASSERT_NE(found, expected.tensors().end()) << parameter.name;
    std::vector<float> wanted(parameter.values.size());
    read_as_f32(found->second, wanted);
    double error = 0, norm = 0;
    for (size_t i = 0; i < wanted.size(); ++i) {
      error += std::pow(parameter.values[i] - wanted[i], 2);
      norm += std::pow(wanted[i], 2);
    }
    EXPECT_GT(norm, 0) << parameter.name;
    EXPECT_LE(std::sqrt(error), 1e-3 * std::sqrt(norm)) << parameter.name;
  }
}

}  // namespace twin
