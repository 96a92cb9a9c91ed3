#include "training/metrics.h"

#include <nlohmann/json.hpp>
#include <string>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"

namespace twin {

void MetricsFile::add(const StepReport& report) {
  if (!stream_.is_open()) open_before(report.step);
  OrderedJson line = {{"step", report.step},
                      {"loss", report.loss},
                      {"learning_rate", report.learning_rate},
                      {"grad_norm", report.grad_norm},
                      {"tokens", report.tokens},
                      {"seconds", report.seconds}};
  for (const auto& [name, value] : report.figures) line[name] = value;
  stream_ << dump_json(line) << '\n' << std::flush;
}

void MetricsFile::add(size_t step, const Validation& validation, bool best) {
  if (!stream_.is_open()) open_before(step);
  const OrderedJson line = {{"step", step},
                            {"validation_loss", validation.loss},
                            {"copied_share", validation.copied_share},
                            {"best", best}};
  stream_ << dump_json(line) << '\n' << std::flush;
}

void MetricsFile::open_before(size_t step) {
  std::string kept;
  if (std::ifstream old(file_); old) {
    // In the order of their steps; a last line without its end was cut off by a crash.
    for (std::string line; std::getline(old, line) && !old.eof();) {
      const OrderedJson json = parse_ordered_json(line, file_.string());
      if (!json.is_object() || json.value("step", size_t{0}) >= step) break;
      kept += line + '\n';
    }
  }
  write_file_atomic(file_, kept);
  stream_.open(file_, std::ios::app);
  if (!stream_) throw Error(ErrorCode::kFailed, file_.string() + ": cannot be written");
}

}  // namespace twin
