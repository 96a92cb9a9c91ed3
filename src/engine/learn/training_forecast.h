#pragma once

#include "engine/learn/objective.h"
#include "engine/learn/trainee.h"
#include "engine/learn/trainer.h"

namespace twin {

// What a run would take.
struct TrainingForecast {
  size_t peak_bytes = 0;
  double seconds_per_step = 0;
};

// Bytes from the shapes; seconds from two steps on a micro-batch of the run's own, taken at a
// learning rate of 0, so that the trainee stays as it is. Errors: as Trainer::run() has for an
// objective with nothing to learn or an item too long.
TrainingForecast forecast(Context& context, const kernels::Kernels& kernels, const Trainee& trainee,
                          Objective& objective, const TrainerOptions& options);

}  // namespace twin
