#pragma once

#include <algorithm>

#include "engine/tensor/tensor.h"

// The order in which linear() for few rows of activations reads a piece of W. Everything is in an
// unnamed namespace (see kernels_impl.h).
namespace twin::kernels {
namespace {

// Rows [begin, end) as streams, each a stretch of memory: one row of each is read at a time, so row
// r of the first goes with r + step, r + 2 step, ... Processors foresee several long streams and
// ask for more of them at once than of one; eight neighbours of 600 bytes are too short to be
// foreseen.
template <size_t kStreams>
struct Streams {
  size_t first, last, row_bytes;  // rows first .. last - 1
  size_t step;                    // rows of a stream; the last ones may lack some

  Streams(const Matrix& W, size_t begin, size_t end)
      : first(begin),
        last(end),
        row_bytes(dtype_bytes(W.dtype, W.cols)),
        step((end - begin + kStreams - 1) / kStreams) {}

  // Rows that go with row r of the first stream, it included.
  size_t count(size_t r) const { return (last - r + step - 1) / step; }

  // Bytes between what is read in row r and what to ask for: a row on, or a row of the next piece's
  // streams, which begin where nothing tells the processor.
  size_t ahead(size_t r) const {
    return row_bytes * (r + 1 < first + step ? 1 : (kStreams - 1) * step + 1);
  }
};

}  // namespace
}  // namespace twin::kernels
