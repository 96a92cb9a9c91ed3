#pragma once

#include "engine/kernels/kernels.h"

namespace twin::kernels {

LinearParts avx2_linear();
LinearParts avx512_linear();  // needs VNNI

}  // namespace twin::kernels
