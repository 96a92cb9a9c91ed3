#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"

namespace twin {

// A training run as its folder tells it: metrics.jsonl (metrics.h) and plan.json.

// What a run set out to do and whether it is through: plan.json, written as it begins and ends.
struct RunPlan {
  std::string title;  // "SFT (LoRA)"
  size_t steps = 0;
  bool finished = false;
};
void write_run_plan(const std::filesystem::path& folder, const RunPlan& plan);

struct RunCurves {
  using Points = std::vector<std::pair<double, double>>;  // (step, value), by rising steps

  std::string name;             // of its folder
  std::optional<RunPlan> plan;  // none: by a version of twin that wrote none
  size_t steps = 0;             // done
  double seconds = 0;           // that the steps took
  double tokens = 0;
  // By the fields of metrics.jsonl; "tokens_per_second" as well.
  std::map<std::string, Points> series;

  bool finished() const { return plan && plan->finished; }
  // The mean of a series' last ten points; nothing where it has none.
  std::optional<double> recent(const std::string& field) const;
  // The point of least value.
  std::optional<std::pair<double, double>> least(const std::string& field) const;
};

// A last line without its end was cut off by a crash, or is being written: it is left out.
// Errors: kBadInput naming the file, and the line, that is damaged.
RunCurves read_run(const std::filesystem::path& folder);

// The names of the runs, folders with a metrics.jsonl, sorted; none where `runs` is no folder.
std::vector<std::string> run_names(const std::filesystem::path& runs);

// What machines are told of a run, free of times.
Json to_json(const RunCurves& run);

}  // namespace twin
