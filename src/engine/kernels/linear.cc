#include "engine/kernels/linear.h"

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "engine/tensor/blocks.h"

namespace twin::kernels {

void linear(Context& context, const Kernels& kernels, Rows rows, size_t M, const float* x,
            size_t ldx, const Matrix& W, float* y, size_t ldy, bool accumulate) {
  constexpr size_t kGrain = 32;
  context.threads.parallel_for(
      W.rows,
      [&](size_t begin, size_t end, size_t) {
        std::vector<float> block(std::min(kGrain, end - begin) * W.cols);
        for (size_t r = begin; r < end; r += kGrain) {
          const size_t count = std::min(kGrain, end - r);
          dequantize(W.dtype, W.row(r), {block.data(), count * W.cols});
          if (rows == Rows::kMany) {
            kernels.gemm_f32(M, count, W.cols, {x, ldx, 1}, {block.data(), 1, W.cols}, y + r, ldy,
                             accumulate);
            continue;
          }
          for (size_t m = 0; m < M; ++m) {
            for (size_t i = 0; i < count; ++i) {
              const float sum = kernels.dot(W.cols, block.data() + i * W.cols, x + m * ldx);
              float& out = y[m * ldy + r + i];
              out = accumulate ? out + sum : sum;
            }
          }
        }
      },
      kGrain);
}

}  // namespace twin::kernels
