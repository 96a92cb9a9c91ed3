#include "base/context.h"

#include <fmt/chrono.h>

#include "base/error.h"

namespace twin {
namespace {

class SystemClock : public Clock {
 public:
  std::chrono::system_clock::time_point now() const override {
    return std::chrono::system_clock::now();
  }
};

}  // namespace

std::unique_ptr<Clock> make_system_clock() { return std::make_unique<SystemClock>(); }

std::string format_time(std::chrono::system_clock::time_point time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

Error interruption() {
  return {ErrorCode::kInterrupted, "interrupted; run the same command again to go on"};
}

void stop_if_interrupted(const Context& context) {
  if (context.interrupted) throw interruption();
}

QuietContext::QuietContext(size_t threads)
    : threads_(threads),
      log_(make_null_logger()),
      progress_(make_null_progress()),
      clock_(make_system_clock()),
      context_{threads_, *log_, *progress_, *clock_, interrupted_} {}

}  // namespace twin
