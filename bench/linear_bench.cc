// linear() on the shapes of a 1B and a 135M model: rates and their share of the limit that binds,
// measured in the same run. Results are checked against the scalar table first.
//
//   linear_bench [THREADS] [TYPE...]      default: 2 threads, Q8_0 Q4_0 Q4_K Q6_K BF16
//
// One JSON line per product: median of the runs of at least 0.1 s. M is the number of rows.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "base/error.h"
#include "base/random.h"
#include "engine/kernels/limits.h"
#include "engine/kernels/linear.h"
#include "engine/tensor/blocks.h"

namespace twin {
namespace {

using kernels::Kernels;
using kernels::Rows;

DType dtype_named(std::string_view name) {
  for (size_t i = 0; i <= static_cast<size_t>(DType::kQ6_K); ++i) {
    if (dtype_info(static_cast<DType>(i)).name == name) return static_cast<DType>(i);
  }
  throw Error(ErrorCode::kUsage, fmt::format("no type of weights is named {}", name));
}

// Copies of one matrix, enough that none is still in a cache when its turn comes again.
struct Weights {
  std::vector<uint8_t> bytes;
  std::vector<Matrix> copies;

  Weights(DType dtype, size_t rows, size_t cols) {
    constexpr size_t kFarBeyondCaches = size_t{192} << 20;
    const size_t size = dtype_bytes(dtype, rows * cols);
    const size_t count = kFarBeyondCaches / size + 1;
    bytes.resize(count * size);
    Random random(1);
    for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(random.below(256));
    const DTypeInfo& info = dtype_info(dtype);
    const bool brain = dtype == DType::kBF16;
    for (size_t at = 0; at < size; at += info.bytes) {  // scales and floats of a sensible size
      const float value = static_cast<float>(0.01 * random.normal());
      const uint16_t bits =
          brain ? static_cast<uint16_t>(std::bit_cast<uint32_t>(value) >> 16) : f32_to_f16(value);
      std::memcpy(&bytes[at + (dtype == DType::kQ6_K ? 208 : 0)], &bits, 2);
      if (info.block > 1 && dtype != DType::kQ6_K && dtype != DType::kQ8_0) {
        std::memcpy(&bytes[at + 2], &bits, 2);
      }
      if (dtype == DType::kF32) std::memcpy(&bytes[at], &value, 4);
    }
    for (size_t i = 0; i < count; ++i) {
      if (i > 0) std::copy_n(bytes.begin(), size, bytes.begin() + static_cast<ptrdiff_t>(i * size));
      copies.push_back({dtype, rows, cols, bytes.data() + i * size});
    }
  }
};

void check(Context& context, const Kernels& kernels, size_t M, const std::vector<float>& x,
           Matrix W) {
  W.rows = std::min<size_t>(W.rows, 40);
  const size_t rows = std::min<size_t>(M, 7);
  std::vector<float> y(rows * W.rows), expected(y.size());
  const Rows kind = M > 16 ? Rows::kMany : Rows::kFew;
  linear(context, kernels, kind, rows, x.data(), W.cols, W, y.data(), W.rows, false);
  linear(context, *kernels::available_kernels().front(), kind, rows, x.data(), W.cols, W,
         expected.data(), W.rows, false);
  for (size_t i = 0; i < y.size(); ++i) {
    const float error = std::abs(y[i] - expected[i]);
    TWIN_CHECK(is_quantized(W.dtype) ? error == 0 : error < 1e-3f,
               fmt::format("element {} is {} and not {}", i, y[i], expected[i]));
  }
}

double median_seconds(Context& context, const Kernels& kernels, size_t M, const float* x,
                      const Weights& weights, float* y) {
  using Clock = std::chrono::steady_clock;
  const Rows kind = M > 16 ? Rows::kMany : Rows::kFew;
  std::vector<double> times;
  double total = 0;
  for (size_t run = 0; times.size() < 5 || total < 0.25; ++run) {
    const Matrix& W = weights.copies[run % weights.copies.size()];
    const auto start = Clock::now();
    linear(context, kernels, kind, M, x, W.cols, W, y, W.rows, false);
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    if (run > 0) times.push_back(seconds);
    total += seconds;
  }
  std::nth_element(times.begin(), times.begin() + static_cast<ptrdiff_t>(times.size() / 2),
                   times.end());
  return times[times.size() / 2];
}

int run(int argc, char** argv) {
  const size_t threads = argc > 1 ? std::stoul(argv[1]) : 2;
  std::vector<std::string> names(argv + std::min(argc, 2), argv + argc);
  if (names.empty()) names = {"Q8_0", "Q4_0", "Q4_K", "Q6_K", "BF16"};
  const char* forced = std::getenv("TWIN_FORCE_ISA");
  const Kernels& kernels = kernels::choose_kernels(forced == nullptr ? "" : forced);
  QuietContext context(threads);
  const kernels::MachineLimits limits = measure_limits(context, kernels);
  fmt::print(
      "{{\"isa\": \"{}\", \"threads\": {}, \"f32_gflops\": {:.0f}, \"int8_gops\": {:.0f}, "
      "\"read_gb_per_s\": {:.1f}}}\n",
      kernels.name, threads, limits.f32_gflops, limits.int8_gops, limits.read_gb_per_s);
  constexpr size_t kShapes[][2] = {{2048, 2048}, {8192, 2048}, {2048, 8192}, {512, 2048}};
  for (const std::string& name : names) {
    const DType dtype = dtype_named(name);
    for (const auto& [rows, cols] : kShapes) {
      const Weights weights(dtype, rows, cols);
      Random random(2);
      std::vector<float> x(512 * cols), y(512 * rows);
      for (float& value : x) value = static_cast<float>(random.normal());
      for (size_t M : {1, 4, 8, 256}) {
        check(context, kernels, M, x, weights.copies[0]);
        const double seconds = median_seconds(context, kernels, M, x.data(), weights, y.data());
        const double gb = static_cast<double>(dtype_bytes(dtype, rows * cols)) / seconds / 1e9;
        const double gops = 2e-9 * static_cast<double>(M * rows * cols) / seconds;
        fmt::print(
            "{{\"type\": \"{}\", \"rows\": {}, \"cols\": {}, \"M\": {}, \"us\": {:.0f}, "
            "\"gb_per_s\": {:.1f}, \"read_fraction\": {:.2f}, \"gops\": {:.0f}, "
            "\"int8_fraction\": {:.2f}}}\n",
            name, rows, cols, M, seconds * 1e6, gb, gb / limits.read_gb_per_s, gops,
            limits.int8_gops == 0 ? 0 : gops / limits.int8_gops);
        std::fflush(stdout);
      }
    }
  }
  return 0;
}

}  // namespace
}  // namespace twin

int main(int argc, char** argv) {
  try {
    return twin::run(argc, argv);
  } catch (const twin::Error& error) {
    fmt::print(stderr, "linear_bench: {}\n", error.what());
    return 1;
  }
}
