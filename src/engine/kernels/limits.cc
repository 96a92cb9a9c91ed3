#include "engine/kernels/limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "engine/kernels/linear.h"
#include "engine/kernels/peaks.h"
#include "engine/kernels/tables.h"

namespace twin::kernels {
namespace {

constexpr size_t kRuns = 7;

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double scalar_peak_f32(size_t rounds) {
  constexpr int kChains = 16;
  std::array<float, kChains> c{};
  for (int i = 0; i < kChains; ++i) c[static_cast<size_t>(i)] = static_cast<float>(i);
  for (size_t r = 0; r < rounds; ++r) {
    for (float& x : c) x = x * 0.999f + 1e-3f;
  }
  volatile float sink = 0;
  for (const float x : c) sink = sink + x;
  return 2.0 * kChains * static_cast<double>(rounds);
}

Peaks peaks_of(Isa isa) {
  switch (isa) {
#ifdef TWIN_X86_SIMD
    case Isa::kAvx2:
      return avx2_peaks();
    case Isa::kAvx512:
      return avx512_peaks();
    case Isa::kAvx512Bf16:
      return avx512_bf16_peaks();
#endif
    default:
      return scalar_peaks();
  }
}

// 1e9 operations per second of all threads at once, the best of kRuns.
double peak_rate(Context& context, double (*peak)(size_t)) {
  if (peak == nullptr) return 0;
  size_t rounds = 1 << 16;
  while (seconds_of([&] { peak(rounds); }) < 0.02) rounds *= 2;
  double best = 0;
  for (size_t run = 0; run < kRuns; ++run) {
    std::vector<double> operations(context.threads.size(), 0.0);
    const double seconds = seconds_of([&] {
      context.threads.parallel_for(operations.size(), [&](size_t begin, size_t end, size_t) {
        for (size_t i = begin; i < end; ++i) operations[i] = peak(rounds);
      });
    });
    double total = 0;
    for (const double count : operations) total += count;
    best = std::max(best, total / seconds / 1e9);
  }
  return best;
}

// Each thread reads one stream or eight in turn: which is faster differs between processors.
double read_rate(Context& context, const Kernels& kernels) {
  constexpr size_t kFloats = size_t{64} << 20;  // 256 MiB
  constexpr size_t kTurn = 1024;
  const std::vector<float> buffer(kFloats, 1.0f);
  double best = 0;
  for (size_t run = 0; run < 2 * kRuns; ++run) {
    const size_t streams = run % 2 == 0 ? 1 : 8;
    const double seconds = seconds_of([&] {
      context.threads.parallel_for(
          kFloats,
          [&](size_t begin, size_t end, size_t) {
            const size_t stream = (end - begin) / streams;
            for (size_t at = 0; at + kTurn <= stream; at += kTurn) {
              for (size_t s = 0; s < streams; ++s) {
                const float* from = &buffer[begin + s * stream + at];
                volatile float sink = kernels.dot(kTurn, from, from);
                static_cast<void>(sink);
              }
            }
          },
          1 << 16);
    });
    best = std::max(best, static_cast<double>(kFloats * sizeof(float)) / seconds / 1e9);
  }
  return best;
}

// The rate of `product`, a product of the shape (size, size, size): median of several runs.
MatmulRate median_rate(size_t size, const std::function<void()>& product) {
  constexpr size_t kProducts = 5;  // per run: some ten milliseconds
  std::vector<double> rates;
  for (size_t run = 0; run < 2 * kRuns; ++run) {
    const double seconds = seconds_of([&] {
      for (size_t i = 0; i < kProducts; ++i) product();
    });
    rates.push_back(2.0 * static_cast<double>(kProducts * size * size) * static_cast<double>(size) /
                    seconds / 1e9);
  }
  std::sort(rates.begin(), rates.end());
  return {rates[rates.size() / 2], rates.front(), rates.back()};
}

// The rate of C = A B for square matrices of T; `exact(i, j)` is what C's element should be.
template <class T>
MatmulRate measure_matmul(Context& context, const Kernels& kernels, size_t size,
                          const std::vector<T>& a, const std::vector<T>& b,
                          const std::function<double(size_t, size_t)>& exact) {
  std::vector<float> c(size * size);
  const auto product = [&] {
    matmul(context, kernels, size, size, size, Strided<T>{a.data(), size, 1},
           Strided<T>{b.data(), size, 1}, c.data(), size, false);
  };
  product();
  for (size_t i = 0; i < size; i += std::max<size_t>(1, size / 9)) {
    for (size_t j = 0; j < size; j += std::max<size_t>(1, size / 11)) {
      const double difference = std::abs(c[i * size + j] - exact(i, j));
      TWIN_CHECK(difference < 1e-3 * std::sqrt(static_cast<double>(size)),
                 fmt::format("element ({}, {}) is off by {}", i, j, difference));
    }
  }
  return median_rate(size, product);
}

std::vector<float> random_matrix(size_t size, uint64_t seed) {
  Random random(seed);
  std::vector<float> values(size * size);
  for (float& value : values) value = static_cast<float>(random.uniform() - 0.5);
  return values;
}

}  // namespace

Peaks scalar_peaks() { return {.f32 = scalar_peak_f32}; }

MachineLimits measure_limits(Context& context, const Kernels& kernels) {
  const Peaks peaks = peaks_of(kernels.isa);
  MachineLimits limits;
  limits.threads = context.threads.size();
  limits.f32_gflops = peak_rate(context, peaks.f32);
  limits.bf16_gflops = peaks.bf16 == nullptr ? limits.f32_gflops : peak_rate(context, peaks.bf16);
  limits.int8_gops = peak_rate(context, peaks.int8);
  limits.read_gb_per_s = read_rate(context, kernels);
  return limits;
}

MatmulRate measure_matmul_f32(Context& context, const Kernels& kernels, size_t size) {
  const std::vector<float> a = random_matrix(size, 1), b = random_matrix(size, 2);
  return measure_matmul<float>(context, kernels, size, a, b, [&](size_t i, size_t j) {
    double sum = 0;
    for (size_t k = 0; k < size; ++k) {
      sum += static_cast<double>(a[i * size + k]) * b[k * size + j];
    }
    return sum;
  });
}

MatmulRate measure_matmul_bf16(Context& context, const Kernels& kernels, size_t size) {
  const std::vector<float> a = random_matrix(size, 1), b = random_matrix(size, 2);
  std::vector<bf16> a16(a.size()), b16(b.size());
  kernels.to_bf16(a.size(), a.data(), a16.data());
  kernels.to_bf16(b.size(), b.data(), b16.data());
  std::vector<float> wide_a(a.size()), wide_b(b.size());
  kernels.to_f32(a.size(), a16.data(), wide_a.data());
  kernels.to_f32(b.size(), b16.data(), wide_b.data());
  return measure_matmul<bf16>(context, kernels, size, a16, b16, [&](size_t i, size_t j) {
    double sum = 0;
    for (size_t k = 0; k < size; ++k) {
      sum += static_cast<double>(wide_a[i * size + k]) * wide_b[k * size + j];
    }
    return sum;
  });
}

MatmulRate measure_matmul_int8(Context& context, const Kernels& kernels, size_t size) {
  const size_t bytes = dtype_bytes(DType::kQ8_0, size * size);
  std::vector<uint8_t> blocks(bytes);
  Random random(3);
  for (uint8_t& byte : blocks) byte = static_cast<uint8_t>(random.below(256));
  for (size_t at = 0; at < bytes; at += dtype_info(DType::kQ8_0).bytes) {
    blocks[at] = 0;
    blocks[at + 1] = 0x24;  // a scale of 2^-6
  }
  const std::vector<float> x = random_matrix(size, 1);
  std::vector<float> y(size * size);
  const Matrix W = {DType::kQ8_0, size, size, blocks.data()};
  const auto product = [&] {
    linear(context, kernels, Rows::kMany, size, x.data(), size, W, y.data(), size, false);
  };
  product();
  const Matrix some = {DType::kQ8_0, std::min<size_t>(size, 40), size, blocks.data()};
  std::vector<float> expected(3 * some.rows);
  linear(context, scalar_kernels(), Rows::kMany, 3, x.data(), size, some, expected.data(),
         some.rows, false);
  for (size_t i = 0; i < expected.size(); ++i) {
    const float found = y[i / some.rows * size + i % some.rows];
    TWIN_CHECK(found == expected[i], fmt::format("{} and not {}", found, expected[i]));
  }
  return median_rate(size, product);
}

}  // namespace twin::kernels
