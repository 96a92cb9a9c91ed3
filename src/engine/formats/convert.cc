#include "engine/formats/convert.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>

#include "base/error.h"
#include "engine/formats/rope_rows.h"
#include "engine/tensor/blocks.h"
#include "engine/tensor/quantize.h"

namespace twin {
namespace {

constexpr size_t kPieceBytes = size_t{8} << 20;  // of f32: some buffers of it are memory enough

// Which row of the source stands in this row of the file.
size_t source_row(const PlannedTensor& tensor, size_t row) {
  if (tensor.order == RowOrder::kSame) return row;
  return tensor.order == RowOrder::kToInterleaved ? half_split_row(row, tensor.head_dim)
                                                  : interleaved_row(row, tensor.head_dim);
}

}  // namespace

void convert(Context& context, const PlannedTensor& tensor, const Append& append) {
  const Matrix& source = tensor.source;
  const bool same = source.dtype == tensor.dtype && tensor.offset == 0;
  const size_t cols = source.cols, row_bytes = dtype_bytes(tensor.dtype, cols);
  const size_t step = std::max<size_t>(1, kPieceBytes / (cols * sizeof(float)));
  std::string piece;
  for (size_t first = 0; first < source.rows; first += step) {
    stop_if_interrupted(context);
    const size_t rows = std::min(step, source.rows - first);
    if (same && tensor.order == RowOrder::kSame) {
      append({reinterpret_cast<const char*>(source.row(first)), rows * row_bytes});
      continue;
    }
    piece.resize(rows * row_bytes);
    std::atomic<bool> finite = true;
    context.threads.parallel_for(rows, [&](size_t begin, size_t end, size_t) {
      std::vector<float> values(cols);
      for (size_t r = begin; r < end; ++r) {
        const std::byte* from = source.row(source_row(tensor, first + r));
        char* to = piece.data() + r * row_bytes;
        if (same) {
          std::copy_n(reinterpret_cast<const char*>(from), row_bytes, to);
          continue;
        }
        dequantize(source.dtype, from, values);
        for (float& x : values) x += tensor.offset;
        const bool quantised = is_quantized(tensor.dtype);
        if (quantised &&
            !std::all_of(values.begin(), values.end(), [](float x) { return std::isfinite(x); })) {
          finite = false;
          return;
        }
        quantize(tensor.dtype, values, to);
      }
    });
    if (!finite) {
      throw Error(ErrorCode::kBadInput,
                  fmt::format("tensor '{}' holds a value that is not finite", tensor.name));
    }
    append(piece);
  }
}

size_t total_bytes(const std::vector<PlannedTensor>& tensors) {
  size_t sum = 0;
  for (const PlannedTensor& tensor : tensors) sum += tensor.bytes();
  return sum;
}

}  // namespace twin
