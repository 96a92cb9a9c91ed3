#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace twin {

// Shows how far one long piece of work has come. Not thread-safe: one owner updates it.
class ProgressBar {
 public:
  virtual ~ProgressBar() = default;
  // `done` of the total given at the start; `detail` is shown beside it ("loss 3.21, 5.1k tok/s").
  // Cheap to call often: redraws a few times a second at most.
  virtual void update(size_t done, std::string_view detail = {}) = 0;
  // Ends the line. Called by the destructor too.
  virtual void finish() = 0;
};

// Makes progress bars. Thread-safe.
class Progress {
 public:
  virtual ~Progress() = default;
  // `total` 0: unknown, only a count is shown.
  virtual std::unique_ptr<ProgressBar> start(std::string_view label, size_t total) = 0;
};

// Standard error: a bar with the time left on a terminal, a plain line every ten seconds elsewhere.
std::unique_ptr<Progress> make_stderr_progress();
// Shows nothing: for tests.
std::unique_ptr<Progress> make_null_progress();

// "2m 05s", "3h 10m", "12.3s".
std::string format_duration(double seconds);
// "1.5 GB", "12.0 MB", "340 B" (powers of 1000).
std::string format_bytes(double bytes);

}  // namespace twin
