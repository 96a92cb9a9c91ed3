#pragma once

#include <memory>
#include <string_view>

namespace twin {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// Where messages for people go. Thread-safe.
class Logger {
 public:
  virtual ~Logger() = default;
  virtual void log(LogLevel level, std::string_view message) = 0;

  void debug(std::string_view message) { log(LogLevel::kDebug, message); }
  void info(std::string_view message) { log(LogLevel::kInfo, message); }
  void warning(std::string_view message) { log(LogLevel::kWarning, message); }
  void error(std::string_view message) { log(LogLevel::kError, message); }
};

// Writes to standard error, in colour on a terminal, messages of `level` and above.
std::unique_ptr<Logger> make_stderr_logger(LogLevel level);
// Drops everything: for tests.
std::unique_ptr<Logger> make_null_logger();

}  // namespace twin
