#pragma once

#include <filesystem>
#include <fstream>

#include "engine/learn/trainer.h"

namespace twin {

// metrics.jsonl: one line per training step and per validation, times included, so that it is no
// artifact to compare. A run that goes on from a checkpoint keeps the lines up to there and
// replaces those after.
class MetricsFile {
 public:
  explicit MetricsFile(std::filesystem::path file) : file_(std::move(file)) {}
  void add(const StepReport& report);
  void add(size_t step, const Validation& validation, bool best);

 private:
  void open_before(size_t step);

  std::filesystem::path file_;
  std::ofstream stream_;
};

}  // namespace twin
