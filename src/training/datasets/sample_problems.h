#pragma once

#include <cstddef>
#include <string>

#include "training/datasets/example.h"

namespace twin {

// What is wrong with a file's samples, line by line, the first ten of them.
class SampleProblems {
 public:
  // `samples`: how many there are, wrong or not. `file` outlives this.
  SampleProblems(const ExampleFile& file, size_t samples) : file_(file), samples_(samples) {}
  void add(size_t line, const std::string& what);
  // Errors: kBadInput, "FILE: 2 of 7 samples {what}: ... {advice}", where there were any.
  void throw_if_any(const std::string& what, const std::string& advice) const;

 private:
  const ExampleFile& file_;
  size_t samples_, count_ = 0;
  std::string text_;
};

}  // namespace twin
