#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/context.h"
#include "base/json.h"
#include "engine/kernels/kernels.h"
#include "engine/learn/trainer.h"

namespace twin {

// What the previews of all trainings have in common.
struct PreviewOptions {
  size_t shown = 3;    // samples, token by token
  bool color = false;  // with a terminal's colours; else with marks
};

// How to read show_tokens().
std::string preview_legend(bool color);

// Lengths in eight steps up to the longest, as bars; `json` receives the counts. Requires one.
std::string length_bars(const std::vector<size_t>& lengths, Json& json);

// Adds what the training will take to `text`; returns the figures.
Json preview_forecast(Context& context, const kernels::Kernels& kernels, const Trainee& trainee,
                      Objective& objective, const TrainerOptions& options, std::string& text);

}  // namespace twin
