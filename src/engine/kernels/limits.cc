#include "engine/kernels/limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "engine/kernels/peaks.h"

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

double read_rate(Context& context, const Kernels& kernels) {
  constexpr size_t kFloats = size_t{64} << 20;  // 256 MiB
  const std::vector<float> buffer(kFloats, 1.0f);
  double best = 0;
  for (size_t run = 0; run < kRuns; ++run) {
    const double seconds = seconds_of([&] {
      context.threads.parallel_for(
          kFloats,
          [&](size_t begin, size_t end, size_t) {
            volatile float sink = kernels.dot(end - begin, &buffer[begin], &buffer[begin]);
            static_cast<void>(sink);
          },
          1 << 16);
    });
    best = std::max(best, static_cast<double>(kFloats * sizeof(float)) / seconds / 1e9);
  }
  return best;
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

}  // namespace twin::kernels
