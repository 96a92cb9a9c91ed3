#include "base/logger.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_color_sinks.h>

namespace twin {
namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

class StderrLogger : public Logger {
 public:
  explicit StderrLogger(LogLevel level)
      : logger_("twin", std::make_shared<spdlog::sinks::stderr_color_sink_mt>()) {
    logger_.set_level(to_spdlog(level));
    logger_.set_pattern("%^%l%$: %v");
    logger_.flush_on(spdlog::level::debug);
  }
  void log(LogLevel level, std::string_view message) override {
    logger_.log(to_spdlog(level), message);
  }

 private:
  spdlog::logger logger_;
};

class NullLogger : public Logger {
 public:
  void log(LogLevel, std::string_view) override {}
};

}  // namespace

std::unique_ptr<Logger> make_stderr_logger(LogLevel level) {
  return std::make_unique<StderrLogger>(level);
}

std::unique_ptr<Logger> make_null_logger() { return std::make_unique<NullLogger>(); }

}  // namespace twin
