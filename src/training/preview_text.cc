#include "training/preview_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/machine.h"
#include "base/progress.h"
#include "engine/learn/training_forecast.h"

namespace twin {

std::string preview_legend(bool color) {
  return color ? "Tokens are underlined in turn; grey ones are read, the others are learnt.\n"
               : "Tokens are parted by |; those in [[ ]] are learnt, the others are read.\n";
}

std::string length_bars(const std::vector<size_t>& lengths, Json& json) {
  constexpr size_t kBars = 8, kWidth = 40;
  const size_t longest = *std::max_element(lengths.begin(), lengths.end());
  const size_t step = longest / kBars + 1;
  std::vector<size_t> counts(longest / step + 1);
  for (const size_t length : lengths) ++counts[length / step];
  const size_t most = *std::max_element(counts.begin(), counts.end());
  std::string text;
  json = Json::array();
  for (size_t i = 0; i < counts.size(); ++i) {
    const size_t first = i * step, last = std::min(longest, first + step - 1);
    text += fmt::format("{:>8} to {:<8} {:>7} {}\n", first, last, counts[i],
                        std::string((counts[i] * kWidth + most - 1) / most, '#'));
    json.push_back({{"from", first}, {"to", last}, {"samples", counts[i]}});
  }
  return text;
}

Json preview_forecast(Context& context, const kernels::Kernels& kernels, const Trainee& trainee,
                      Objective& objective, const TrainerOptions& options, std::string& text) {
  const TrainingForecast expected = forecast(context, kernels, trainee, objective, options);
  const double seconds = expected.seconds_per_step * static_cast<double>(options.steps);
  text += fmt::format(
      "Training takes {} steps of up to {} tokens: about {} and {} of memory ({} free)\n",
      options.steps, options.batch_tokens * options.accumulate, format_duration(seconds),
      format_bytes(static_cast<double>(expected.peak_bytes)),
      format_bytes(static_cast<double>(available_memory_bytes())));
  return {{"steps", options.steps},
          {"forecast_seconds", seconds},
          {"forecast_peak_bytes", expected.peak_bytes}};
}

}  // namespace twin
