#include "training/pages/run_curves.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/error.h"
#include "base/files.h"

namespace twin {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMetrics = "metrics.jsonl";
constexpr const char* kPlan = "plan.json";

std::optional<RunPlan> read_plan(const fs::path& file) {
  if (!fs::exists(file)) return std::nullopt;
  const Json json = parse_json(read_file(file), file.string(), {.max_bytes = 1 << 16});
  try {
    return RunPlan{json.at("title"), json.at("steps"), json.at("finished")};
  } catch (const Json::exception& error) {
    throw Error(ErrorCode::kBadInput, fmt::format("{}: {}", file.string(), error.what()));
  }
}

double number(const Json& json, const char* field) {
  return json.contains(field) && json[field].is_number() ? json[field].get<double>() : 0;
}

void add_line(const Json& json, RunCurves& run) {
  const double step = json["step"].get<double>();
  for (const auto& [field, value] : json.items()) {
    if (field == "step" || !value.is_number()) continue;
    run.series[field].emplace_back(step, value.get<double>());
  }
  if (!json.contains("loss")) return;  // a validation
  run.steps = json["step"].get<size_t>();
  const double seconds = number(json, "seconds"), tokens = number(json, "tokens");
  run.seconds += seconds;
  run.tokens += tokens;
  if (seconds > 0) run.series["tokens_per_second"].emplace_back(step, tokens / seconds);
}

}  // namespace

void write_run_plan(const fs::path& folder, const RunPlan& plan) {
  const OrderedJson json = {
      {"title", plan.title}, {"steps", plan.steps}, {"finished", plan.finished}};
  write_file_atomic(folder / kPlan, dump_json(json) + '\n');
}

std::optional<double> RunCurves::recent(const std::string& field) const {
  constexpr size_t kRecent = 10;
  const auto found = series.find(field);
  if (found == series.end()) return std::nullopt;
  const Points& points = found->second;
  const size_t count = std::min(kRecent, points.size());
  double sum = 0;
  for (size_t i = points.size() - count; i < points.size(); ++i) sum += points[i].second;
  return sum / static_cast<double>(count);
}

std::optional<std::pair<double, double>> RunCurves::least(const std::string& field) const {
  const auto found = series.find(field);
  if (found == series.end()) return std::nullopt;
  return *std::min_element(found->second.begin(), found->second.end(),
                           [](const auto& a, const auto& b) { return a.second < b.second; });
}

RunCurves read_run(const fs::path& folder) {
  RunCurves run;
  run.name = folder.filename().string();
  run.plan = read_plan(folder / kPlan);
  const fs::path file = folder / kMetrics;
  if (!fs::exists(file)) return run;
  const std::string text = read_file(file);
  size_t line = 1;
  for (size_t begin = 0; begin < text.size(); ++line) {
    const size_t end = text.find('\n', begin);
    if (end == std::string::npos) break;
    const std::string where = fmt::format("{}, line {}", file.string(), line);
    const Json json = parse_json(std::string_view(text).substr(begin, end - begin), where,
                                 {.max_bytes = 1 << 16, .max_depth = 4});
    if (!json.is_object() || !json.contains("step") || !json["step"].is_number_unsigned()) {
      throw Error(ErrorCode::kBadInput, where + ": no object with a 'step'");
    }
    add_line(json, run);
    begin = end + 1;
  }
  return run;
}

std::vector<std::string> run_names(const fs::path& runs) {
  std::vector<std::string> names;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(runs, none)) {
    if (fs::exists(entry.path() / kMetrics)) names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

Json to_json(const RunCurves& run) {
  const auto shown = [](const std::optional<double>& value) {
    return value ? Json(*value) : Json();
  };
  const auto best = run.least("validation_loss");
  return {{"name", run.name},
          {"title", run.plan ? Json(run.plan->title) : Json()},
          {"steps", run.steps},
          {"steps_planned", run.plan ? Json(run.plan->steps) : Json()},
          {"finished", run.finished()},
          {"loss", shown(run.recent("loss"))},
          {"validation_loss", best ? Json(best->second) : Json()}};
}

}  // namespace twin
