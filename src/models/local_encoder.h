#pragma once

#include <string>

#include "engine/kernels/kernels.h"
#include "engine/model/encoder.h"

namespace twin {

// `wanted`, or where null the fastest that TWIN_FORCE_ISA allows.
const kernels::Kernels& kernels_for(const kernels::Kernels* wanted);

// Throws Error(kDoesNotFit) with the numbers where the encoder's weights in the form of `compute`
// do not fit the memory that is free. `what` names the model.
void check_encoder_fits(const EncoderConfig& config, EncoderCompute compute,
                        const std::string& what);

}  // namespace twin
