#pragma once

#include <functional>
#include <string>

#include "engine/model/tensors.h"
#include "engine/tensor/tensor.h"

namespace twin {

// Finds a tensor by the name Hugging Face gives it; null where there is none. What it returns stays
// valid until the model is assembled.
using FindTensor = std::function<const TensorView*(const std::string& name)>;

// Fills `tensors` as its config asks: matrices where they lie, vectors converted into memory of
// their own, to whose norms `norm_offset` is added. The caller adds the owner of the matrices.
// Errors: kBadInput naming `where` and the tensor that is missing, misshapen or not of numbers with
// a fraction; all is checked before memory is taken.
void assemble(DecoderTensors& tensors, const std::string& where, const FindTensor& find,
              float norm_offset = 0);

// Throws Error(kBadInput) unless the tensor has this shape and a type that weights can have.
void check_tensor(const TensorView* tensor, const std::string& name,
                  const std::vector<size_t>& shape, const std::string& where);

}  // namespace twin
