#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "base/context.h"
#include "training/learning_run.h"
#include "training/pages/run_curves.h"

namespace twin {

// A run as one HTML page: how far it is, and as inline SVG its losses, learning rate, gradient
// norm, speed and the objective's own figures (DPO's rewards, margins, accuracies). Needs no
// network and no script; one that has not ended loads itself anew every ten seconds. `link_to_all`:
// to /runs.
std::string run_page(const RunCurves& run, bool link_to_all = false);

// The pages that the service shows: of all runs for an empty name, or of that one; nothing where
// there is none of that name.
std::optional<std::string> served_run_page(const std::filesystem::path& runs,
                                           const std::string& name);

// The run's page as page.html beside its metrics, while it learns. A page that cannot be written
// is a warning, once; the run goes on. Not thread-safe.
class LivePage {
 public:
  // Writes plan.json and the first page, and says on the log where it is.
  LivePage(Context& context, const LearningRun& run, size_t steps);
  ~LivePage();  // writes how far an interrupted run came
  LivePage(const LivePage&) = delete;
  LivePage& operator=(const LivePage&) = delete;

  void update();  // does something every ten seconds at most
  void finish();

 private:
  void write();

  Context& context_;
  std::filesystem::path folder_;
  RunPlan plan_;
  std::chrono::steady_clock::time_point next_;
  bool warned_ = false;
};

}  // namespace twin
