#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/model/weights.h"

namespace twin {

// `count` zeros, 64-byte aligned. Errors: kDoesNotFit with the size.
std::shared_ptr<float[]> make_float_block(size_t count);

// Hands out consecutive tensors of one block and remembers them by name.
class BlockCutter {
 public:
  BlockCutter(std::span<float> block, std::vector<Parameter>& parameters)
      : block_(block), parameters_(parameters) {}

  std::span<float> cut(std::string name, std::vector<size_t> shape);
  bool used_up() const { return offset_ == block_.size(); }

 private:
  std::span<float> block_;
  std::vector<Parameter>& parameters_;
  size_t offset_ = 0;
};

}  // namespace twin
