#include "engine/generate/step_cost.h"

#include <algorithm>

namespace twin {
namespace {

constexpr double kMemory = 0.98;  // of a step's weight, left after the next
// A second token beside the first, before it has been seen. Measured: 0.2 to 0.8
// (docs/engine/generation.md).
constexpr double kUnknown = 0.6;
constexpr double kDoubt = 8;        // how many steps, one token apart, that guess weighs
constexpr double kOutlier = 2;      // times what was expected: something else ran
constexpr double kCheapest = 0.02;  // never nothing

}  // namespace

void StepCost::tell(size_t tokens, double seconds) {
  const auto x = static_cast<double>(tokens);
  // The mean time of a token is above that of a token among more: no step is cut that is honest.
  if (n_ > 8) seconds = std::min(seconds, kOutlier * y_ / n_ * std::max(1.0, x * n_ / x_));
  for (double* sum : {&n_, &x_, &y_, &xx_, &xy_}) *sum *= kMemory;
  n_ += 1;
  x_ += x;
  y_ += seconds;
  xx_ += x * x;
  xy_ += x * seconds;
}

double StepCost::of_one_more(size_t tokens) const {
  double each = kUnknown, fixed = 1 - kUnknown;
  if (n_ > 0 && y_ > 0) {
    const double x = x_ / n_, y = y_ / n_;
    // Ridge regression towards the guess: kUnknown of what one token alone would take.
    const double guess = kUnknown * y / (1 + kUnknown * (x - 1));
    each = (xy_ - n_ * x * y + kDoubt * guess) / (xx_ - n_ * x * x + kDoubt);
    fixed = y - each * x;
  }
  const double whole = fixed + each * static_cast<double>(tokens);
  if (each <= 0 || whole <= 0) return each <= 0 ? kCheapest : 1.0;
  return std::clamp(each * static_cast<double>(tokens) / whole, kCheapest, 1.0);
}

}  // namespace twin
