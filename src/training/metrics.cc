#include "training/metrics.h"

#include <nlohmann/json.hpp>
#include <string>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"

namespace twin {

void MetricsFile::add(const StepReport& report) {
  if (!stream_.is_open()) open_before(report.step);
  const OrderedJson line = {{"step", report.step},
                            {"loss", report.loss},
                            {"learning_rate", report.learning_rate},
                            {"grad_norm", report.grad_norm},
                            {"tokens", report.tokens},
                            {"seconds", report.seconds}};
  stream_ << dump_json(line) << '\n' << std::flush;
}

void MetricsFile::open_before(size_t step) {
  std::string kept;
  if (std::ifstream old(file_); old) {
    // One line per step, in order; a last line without its end was cut off by a crash.
    std::string line;
    for (size_t i = 1; i < step && std::getline(old, line) && !old.eof(); ++i) kept += line + '\n';
  }
  write_file_atomic(file_, kept);
  stream_.open(file_, std::ios::app);
  if (!stream_) throw Error(ErrorCode::kFailed, file_.string() + ": cannot be written");
}

}  // namespace twin
