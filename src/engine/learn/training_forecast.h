#pragma once

#include <functional>

#include "engine/learn/objective.h"
#include "engine/learn/trainee.h"
#include "engine/learn/trainer.h"

namespace twin {

// What a run would take.
struct TrainingForecast {
  size_t shape_bytes = 0;   // by the shapes alone: known before a step is taken
  uint64_t peak_bytes = 0;  // of the process after the steps taken; shape_bytes where the system
                            // does not say
  double seconds_per_step = 0;
};

// Two steps on micro-batches of the run's own, taken at a learning rate of 0, so that the trainee
// stays as it is: the largest one shows the memory, the middle one the time. `fits` is asked with
// shape_bytes before they are taken and may throw. Errors: as Trainer::run() has for an objective
// with nothing to learn or an item too long.
TrainingForecast forecast(Context& context, const kernels::Kernels& kernels, const Trainee& trainee,
                          Objective& objective, const TrainerOptions& options,
                          const std::function<void(size_t shape_bytes)>& fits = {});

}  // namespace twin
