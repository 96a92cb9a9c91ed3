#include "engine/learn/cross_entropy.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"

namespace twin {

CrossEntropyResult cross_entropy(Context& context, const kernels::Kernels& kernels,
                                 std::span<const float> hidden, const Matrix& lm_head,
                                 std::span<const int32_t> targets, std::span<float> dhidden,
                                 std::span<float> dlm_head, std::span<float> losses,
                                 const CrossEntropyOptions& options) {
  const size_t N = targets.size(), C = lm_head.cols, V = lm_head.rows;
  TWIN_CHECK(hidden.size() == N * C && options.block_rows > 0);
  TWIN_CHECK(dhidden.empty() || dhidden.size() == N * C);
  TWIN_CHECK(dlm_head.empty() || dlm_head.size() == V * C);
  TWIN_CHECK(losses.empty() || losses.size() == N);
  TWIN_CHECK(options.row_weights.empty() || options.row_weights.size() == N);
  std::fill(dhidden.begin(), dhidden.end(), 0.0f);
  std::fill(losses.begin(), losses.end(), 0.0f);

  // Only the rows that count are computed: gathered, then worked through block by block.
  std::vector<size_t> counted;
  for (size_t n = 0; n < N; ++n) {
    TWIN_CHECK(targets[n] < static_cast<int32_t>(V));
    if (targets[n] >= 0) counted.push_back(n);
  }
  const size_t block = std::min(options.block_rows, counted.size());
  std::vector<float> rows(block * C), drows(block * C), logits(block * V), row_losses(block);
  CrossEntropyResult result{0, counted.size()};

  for (size_t begin = 0; begin < counted.size(); begin += block) {
    const size_t R = std::min(block, counted.size() - begin);
    for (size_t i = 0; i < R; ++i) {
      std::copy_n(hidden.data() + counted[begin + i] * C, C, rows.data() + i * C);
    }
    if (dhidden.empty()) {
      kernels::linear(context, kernels, kernels::Rows::kMany, R, rows.data(), C, lm_head,
                      logits.data(), V, false);
    } else {
      kernels::training_linear(context, kernels, options.compute, R, rows.data(), lm_head,
                               logits.data(), false);
    }
    context.threads.parallel_for(R, [&](size_t first, size_t last, size_t) {
      for (size_t i = first; i < last; ++i) {
        float* row = logits.data() + i * V;
        const size_t n = counted[begin + i], target = static_cast<size_t>(targets[n]);
        const float score = row[target];
        float peak;
        const float sum = kernels.exp_shifted(V, row, &peak);
        row_losses[i] = peak + std::log(sum) - score;
        // dlogits = scale (softmax - one_hot)
        const float scale =
            options.gradient_scale * (options.row_weights.empty() ? 1 : options.row_weights[n]);
        const float normal = scale / sum;
        for (size_t v = 0; v < V; ++v) row[v] *= normal;
        row[target] -= scale;
      }
    });
    for (size_t i = 0; i < R; ++i) {
      result.loss_sum += row_losses[i];
      if (!losses.empty()) losses[counted[begin + i]] = row_losses[i];
    }
    if (!dhidden.empty()) {
      kernels::training_linear_dx(context, kernels, options.compute, R, logits.data(), lm_head,
                                  drows.data(), false);
      for (size_t i = 0; i < R; ++i) {
        std::copy_n(drows.data() + i * C, C, dhidden.data() + counted[begin + i] * C);
      }
    }
    if (!dlm_head.empty()) {
      kernels::training_linear_dw(context, kernels, options.compute, R, V, C, logits.data(),
                                  rows.data(), dlm_head.data());
    }
  }
  return result;
}

}  // namespace twin
