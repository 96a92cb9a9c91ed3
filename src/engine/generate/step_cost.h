#pragma once

#include <cstddef>

namespace twin {

// What one more token costs a step of the decoder, learnt from the steps as they are timed: seconds
// = fixed + each * tokens, fitted with the recent steps counting most. A model that waits for its
// weights computes another token for little; one that lies in the caches pays the full price, and
// so does one that computes for many texts already.
class StepCost {
 public:
  void tell(size_t tokens, double seconds);

  // One more token's time, in those of a token that is paid for anyhow: above 0; 1 where nothing is
  // saved by computing it along. Before anything is known, a guess on the dear side.
  double of_one_more(size_t tokens) const;

 private:
  // Of the steps so far, each weighing less with every later one: number, and sums.
  double n_ = 0, x_ = 0, y_ = 0, xx_ = 0, xy_ = 0;
};

}  // namespace twin
