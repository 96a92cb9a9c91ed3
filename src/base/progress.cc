#include "base/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace twin {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kTerminalSeconds = 0.1;
constexpr double kPlainSeconds = 10.0;
constexpr size_t kBarCells = 24;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

size_t terminal_columns() {
  winsize size{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

class StderrBar : public ProgressBar {
 public:
  StderrBar(std::string_view label, size_t total)
      : label_(label), total_(total), terminal_(::isatty(STDERR_FILENO) == 1) {}
  ~StderrBar() override { finish(); }

  void update(size_t done, std::string_view detail) override {
    done_ = done;
    detail_ = detail;
    if (first_done_ == kUnset) first_done_ = done;
    const double interval = terminal_ ? kTerminalSeconds : kPlainSeconds;
    if (seconds_since(last_draw_) < interval) return;
    last_draw_ = Clock::now();
    draw();
  }

  void finish() override {
    if (finished_) return;
    finished_ = true;
    draw();
    if (terminal_) std::fputc('\n', stderr);
  }

 private:
  static constexpr size_t kUnset = static_cast<size_t>(-1);

  void draw() {
    std::string line = label_ + ' ';
    if (total_ > 0) {
      const double share = std::min(1.0, static_cast<double>(done_) / static_cast<double>(total_));
      if (terminal_) line += bar(share);
      line += fmt::format("{:3.0f}% {}/{}", 100 * share, done_, total_);
    } else {
      line += fmt::format("{}", done_);
    }
    if (!detail_.empty()) line += "  " + detail_;
    line += time_note();
    if (terminal_) {
      const size_t columns = terminal_columns();
      if (line.size() >= columns) line.resize(columns - 1);
      fmt::print(stderr, "\r\x1b[2K{}", line);
    } else {
      fmt::print(stderr, "{}\n", line);
    }
    std::fflush(stderr);
  }

  static std::string bar(double share) {
    const auto filled = static_cast<size_t>(share * kBarCells);
    return '[' + std::string(filled, '#') + std::string(kBarCells - filled, '.') + "] ";
  }

  std::string time_note() const {
    const double elapsed = seconds_since(start_);
    if (finished_) return fmt::format("  in {}", format_duration(elapsed));
    const size_t since_start = first_done_ == kUnset ? 0 : done_ - first_done_;
    if (total_ == 0 || since_start == 0 || done_ >= total_) return "";
    const double left =
        elapsed / static_cast<double>(since_start) * static_cast<double>(total_ - done_);
    return fmt::format("  {} left", format_duration(left));
  }

  std::string label_;
  size_t total_;
  bool terminal_;
  bool finished_ = false;
  size_t done_ = 0;
  size_t first_done_ = kUnset;  // a resumed run does not start at 0
  std::string detail_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_draw_ = Clock::now();
};

class StderrProgress : public Progress {
 public:
  std::unique_ptr<ProgressBar> start(std::string_view label, size_t total) override {
    return std::make_unique<StderrBar>(label, total);
  }
};

class NullBar : public ProgressBar {
 public:
  void update(size_t, std::string_view) override {}
  void finish() override {}
};

class NullProgress : public Progress {
 public:
  std::unique_ptr<ProgressBar> start(std::string_view, size_t) override {
    return std::make_unique<NullBar>();
  }
};

}  // namespace

std::unique_ptr<Progress> make_stderr_progress() { return std::make_unique<StderrProgress>(); }
std::unique_ptr<Progress> make_null_progress() { return std::make_unique<NullProgress>(); }

std::string format_duration(double seconds) {
  if (seconds < 60) return fmt::format("{:.1f}s", seconds);
  const auto whole = static_cast<long long>(seconds + 0.5);
  if (whole < 3600) return fmt::format("{}m {:02}s", whole / 60, whole % 60);
  return fmt::format("{}h {:02}m", whole / 3600, whole % 3600 / 60);
}

std::string format_bytes(double bytes) {
  constexpr std::array<const char*, 5> kUnits = {"B", "kB", "MB", "GB", "TB"};
  size_t unit = 0;
  while (bytes >= 1000 && unit + 1 < kUnits.size()) {
    bytes /= 1000;
    ++unit;
  }
  return unit == 0 ? fmt::format("{:.0f} B", bytes) : fmt::format("{:.1f} {}", bytes, kUnits[unit]);
}

}  // namespace twin
