#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "engine/kernels/kernels.h"
#include "engine/kernels/scratch.h"

// The blocked matrix product and the element-wise functions, written once over a small vector type
// and compiled once per instruction set: each kernels_<isa>.cc defines `Vec` (f32 lanes) and the
// micro kernel's shape inside a namespace of its own and instantiates these templates with it.
//
// The product is the one of Goto & van de Geijn 2008 (doi:10.1145/1356052.1356053): B is packed
// into panels of kNr columns for a block of kKc rows, A into panels of kMr rows; the micro kernel
// keeps an kMr x kNr tile of C in registers over the whole block of K.
//
// Everything here is in an unnamed namespace: the same template compiled with other flags is
// another function, and the linker must not take one for the other.
namespace twin::kernels {
namespace {

// Copies the (rows, depth) block at `source` into panels of `panel` rows: panel p holds, for each k
// group of `pair` values (1 for f32, 2 for bf16 pairs), `panel` rows' values next to each other.
// Rows and depth beyond the block are zero, so that the micro kernel never meets a tail.
template <size_t panel, size_t pair, class T>
void pack_panels(Strided<T> source, size_t rows, size_t depth, T* out) {
  const size_t groups = (depth + pair - 1) / pair;
  for (size_t p = 0; p < rows; p += panel) {
    const size_t height = std::min(panel, rows - p);
    const bool whole = height == panel && depth % pair == 0;
    if (whole && source.row_stride == 1) {  // rows are next to each other: copy or weave lines
      for (size_t g = 0; g < groups; ++g) {
        const T* lines[pair];
        for (size_t i = 0; i < pair; ++i) {
          lines[i] = source.data + p + (g * pair + i) * source.col_stride;
        }
        T* to = out + g * panel * pair;
        for (size_t r = 0; r < panel; ++r) {
          for (size_t i = 0; i < pair; ++i) to[r * pair + i] = lines[i][r];
        }
      }
    } else if (whole) {  // some groups of all rows at a time, so that what is written stays near
      constexpr size_t kGroups = 16;
      for (size_t first = 0; first < groups; first += kGroups) {
        const size_t last = std::min(first + kGroups, groups);
        for (size_t r = 0; r < panel; ++r) {
          const T* row = source.data + (p + r) * source.row_stride;
          for (size_t g = first; g < last; ++g) {
            for (size_t i = 0; i < pair; ++i) {
              out[(g * panel + r) * pair + i] = row[(g * pair + i) * source.col_stride];
            }
          }
        }
      }
    } else {
      std::memset(out, 0, groups * panel * pair * sizeof(T));
      for (size_t r = 0; r < height; ++r) {
        const T* row = source.data + (p + r) * source.row_stride;
        for (size_t k = 0; k < depth; ++k) {
          out[(k / pair * panel + r) * pair + k % pair] = row[k * source.col_stride];
        }
      }
    }
    out += groups * panel * pair;
  }
}

// Adds or stores an kMr x kNr tile (row-major, kNr wide) into the part of C that exists.
[[maybe_unused]] inline void store_tile(const float* tile, size_t nr, size_t rows, size_t columns,
                                        float* C, size_t ldc, bool accumulate) {
  for (size_t i = 0; i < rows; ++i) {
    for (size_t j = 0; j < columns; ++j) {
      C[i * ldc + j] = accumulate ? C[i * ldc + j] + tile[i * nr + j] : tile[i * nr + j];
    }
  }
}

// Micro: T (f32 or bf16), kMr, kNr, kPair and
//   static void run(size_t groups, const T* a, const T* b, float* C, size_t ldc, bool accumulate)
// on packed panels, for a whole tile.
template <class Micro>
void blocked_gemm(size_t M, size_t N, size_t K, Strided<typename Micro::T> A,
                  Strided<typename Micro::T> B, float* C, size_t ldc, bool accumulate) {
  using T = typename Micro::T;
  constexpr size_t kMr = Micro::kMr, kNr = Micro::kNr, kPair = Micro::kPair;
  // A panel of A (kMr x kKc) stays in the first-level cache, a panel of B streams from the second,
  // where a block of A (kMc x kKc) stays.
  constexpr size_t kKc = 576 * (sizeof(float) / sizeof(T));
  constexpr size_t kMc = 144 / kMr * kMr;
  constexpr size_t kNc = 2048 / kNr * kNr;
  if (M == 0 || N == 0) return;
  if (K == 0) {
    if (!accumulate) {
      for (size_t i = 0; i < M; ++i) std::fill_n(C + i * ldc, N, 0.0f);
    }
    return;
  }
  const auto padded = [](size_t n, size_t unit) { return (n + unit - 1) / unit * unit; };
  // Pieces of K alike: a short last one would read and write C for little.
  const size_t pieces = (K + kKc - 1) / kKc;
  const size_t depth = padded((K + pieces - 1) / pieces, 16);
  T* const packed_a =
      static_cast<T*>(thread_scratch<Slot::kA>(padded(std::min(M, kMc), kMr) * depth * sizeof(T)));
  T* const packed_b =
      static_cast<T*>(thread_scratch<Slot::kB>(padded(std::min(N, kNc), kNr) * depth * sizeof(T)));
  alignas(64) float tile[kMr * kNr];

  for (size_t n0 = 0; n0 < N; n0 += kNc) {
    const size_t nc = std::min(kNc, N - n0);
    for (size_t k0 = 0; k0 < K; k0 += depth) {
      const size_t kc = std::min(depth, K - k0);
      const size_t groups = (kc + kPair - 1) / kPair;
      const bool add = accumulate || k0 > 0;
      // B's columns are the panel's rows: a transposed view.
      pack_panels<kNr, kPair, T>(
          {B.data + k0 * B.row_stride + n0 * B.col_stride, B.col_stride, B.row_stride}, nc, kc,
          packed_b);
      for (size_t m0 = 0; m0 < M; m0 += kMc) {
        const size_t mc = std::min(kMc, M - m0);
        pack_panels<kMr, kPair, T>(
            {A.data + m0 * A.row_stride + k0 * A.col_stride, A.row_stride, A.col_stride}, mc, kc,
            packed_a);
        for (size_t n = 0; n < nc; n += kNr) {
          const T* b = packed_b + n * groups * kPair;
          for (size_t m = 0; m < mc; m += kMr) {
            const T* a = packed_a + m * groups * kPair;
            float* c = C + (m0 + m) * ldc + n0 + n;
            if (m + kMr <= mc && n + kNr <= nc) {
              Micro::run(groups, a, b, c, ldc, add);
            } else {
              Micro::run(groups, a, b, tile, kNr, false);
              store_tile(tile, kNr, std::min(kMr, mc - m), std::min(kNr, nc - n), c, ldc, add);
            }
          }
        }
      }
    }
  }
}

// Vec: kLanes, load, store, set (broadcast), +, *, fma(a, b, c) = a * b + c, max, sum(v), hmax(v),
// round_to_int(x), scale_by_power_of_two(x, n).
template <class Vec>
struct Elementwise {
  static constexpr size_t kLanes = Vec::kLanes;

  static float dot(size_t n, const float* a, const float* b) {
    Vec s0 = Vec::set(0), s1 = s0, s2 = s0, s3 = s0;
    size_t i = 0;
    for (; i + 4 * kLanes <= n; i += 4 * kLanes) {
      s0 = fma(Vec::load(a + i), Vec::load(b + i), s0);
      s1 = fma(Vec::load(a + i + kLanes), Vec::load(b + i + kLanes), s1);
      s2 = fma(Vec::load(a + i + 2 * kLanes), Vec::load(b + i + 2 * kLanes), s2);
      s3 = fma(Vec::load(a + i + 3 * kLanes), Vec::load(b + i + 3 * kLanes), s3);
    }
    for (; i + kLanes <= n; i += kLanes) s0 = fma(Vec::load(a + i), Vec::load(b + i), s0);
    float total = sum((s0 + s1) + (s2 + s3));
    for (; i < n; ++i) total += a[i] * b[i];
    return total;
  }

  static void gemv(size_t M, size_t K, const float* W, size_t ldw, const float* x, float* y) {
    for (size_t m = 0; m < M; ++m) y[m] = dot(K, W + m * ldw, x);
  }

  static void gevm(size_t M, size_t K, const float* x, const float* W, size_t ldw, float* y) {
    size_t k = 0;
    for (; k + 8 * kLanes <= K; k += 8 * kLanes) gevm_columns<8>(M, x, W + k, ldw, y + k);
    for (; k + kLanes <= K; k += kLanes) gevm_columns<1>(M, x, W + k, ldw, y + k);
    for (; k < K; ++k) {
      y[k] = 0;
      for (size_t m = 0; m < M; ++m) y[k] += x[m] * W[m * ldw + k];
    }
  }

  static void axpy(size_t n, float a, const float* x, float* y) {
    const Vec va = Vec::set(a);
    size_t i = 0;
    for (; i + kLanes <= n; i += kLanes) fma(va, Vec::load(x + i), Vec::load(y + i)).store(y + i);
    for (; i < n; ++i) y[i] += a * x[i];
  }

  // e^x by 2^n e^r, |r| <= ln2/2, with a polynomial for e^r (Cephes' expf; relative error < 2e-7).
  // Below -87.3 the result would not be a normal number: 0.
  static Vec exp(Vec x) {
    const Vec clamped = max(x, Vec::set(-87.3f));
    const Vec n = round_to_int(clamped * Vec::set(1.44269504088896341f));
    Vec r = fma(n, Vec::set(-0.693359375f), clamped);
    r = fma(n, Vec::set(2.12194440e-4f), r);
    Vec p = Vec::set(1.9875691500e-4f);
    p = fma(p, r, Vec::set(1.3981999507e-3f));
    p = fma(p, r, Vec::set(8.3334519073e-3f));
    p = fma(p, r, Vec::set(4.1665795894e-2f));
    p = fma(p, r, Vec::set(1.6666665459e-1f));
    p = fma(p, r, Vec::set(5.0000001201e-1f));
    p = fma(p, r * r, r + Vec::set(1.0f));
    return zero_where_less(scale_by_power_of_two(p, n), x, Vec::set(-87.3f));
  }

  // One lane's worth through the vector path, so that tails round as whole vectors do.
  static float exp_one(float x) {
    alignas(64) float lane[kLanes] = {};
    lane[0] = x;
    exp(Vec::load(lane)).store(lane);
    return lane[0];
  }

  static float exp_shifted(size_t n, float* x, float* max_out) {
    float peak = -std::numeric_limits<float>::infinity();
    size_t i = 0;
    if (n >= kLanes) {
      Vec peaks = Vec::load(x);
      for (i = kLanes; i + kLanes <= n; i += kLanes) peaks = max(peaks, Vec::load(x + i));
      peak = hmax(peaks);
    }
    for (; i < n; ++i) peak = std::max(peak, x[i]);
    *max_out = peak;
    if (peak == -std::numeric_limits<float>::infinity()) {
      std::fill_n(x, n, 0.0f);
      return 0;
    }
    const Vec shift = Vec::set(-peak);
    Vec sums = Vec::set(0);
    for (i = 0; i + kLanes <= n; i += kLanes) {
      const Vec e = exp(Vec::load(x + i) + shift);
      e.store(x + i);
      sums = sums + e;
    }
    float total = sum(sums);
    for (; i < n; ++i) total += x[i] = exp_one(x[i] - peak);
    return total;
  }

  static Vec sigmoid(Vec x) { return Vec::set(1) / (Vec::set(1) + exp(Vec::set(0) - clamp(x))); }
  // Beyond +-80 the sigmoid is 0 or 1 to f32.
  static Vec clamp(Vec x) { return max(Vec::set(-80.0f), min(x, Vec::set(80.0f))); }

  static void swiglu(size_t n, const float* gate, const float* up, float* out) {
    for_vectors(n, [&](size_t i, size_t count) {
      const Vec g = load_some(gate + i, count);
      store_some(g * sigmoid(g) * load_some(up + i, count), out + i, count);
    });
  }

  static void swiglu_backward(size_t n, const float* gate, const float* up, const float* dout,
                              float* dgate, float* dup) {
    for_vectors(n, [&](size_t i, size_t count) {
      const Vec g = load_some(gate + i, count), u = load_some(up + i, count);
      const Vec d = load_some(dout + i, count), s = sigmoid(g);
      // d silu(g) / dg = s (1 + g (1 - s))
      store_some(d * u * s * (Vec::set(1) + g * (Vec::set(1) - s)), dgate + i, count);
      store_some(d * g * s, dup + i, count);
    });
  }

  // 2 sqrt(2 / pi) and its product with 0.044715.
  static constexpr float kGelu = 1.5957691216057308f, kGeluCubic = 0.07135481282052216f;

  static void geglu(size_t n, const float* gate, const float* up, float* out) {
    for_vectors(n, [&](size_t i, size_t count) {
      const Vec g = load_some(gate + i, count);
      const Vec s = sigmoid(g * fma(Vec::set(kGeluCubic), g * g, Vec::set(kGelu)));
      store_some(g * s * load_some(up + i, count), out + i, count);
    });
  }

  // gelu(x) = max(x, 0) - |x| Phi(-|x|). Phi(-t) = exp(-t^2 / 2) R(t): R, Mills' ratio over
  // sqrt(2 pi), is a polynomial in u = 1 / (1 + 0.3 t), fitted for the least largest relative error
  // (2e-7) where exp(-t^2 / 2) is a normal number.
  static void gelu(size_t n, const float* bias, float* x) {
    for_vectors(n, [&](size_t i, size_t count) {
      const Vec v = load_some(x + i, count) + load_some(bias + i, count);
      const Vec zero = Vec::set(0), t = max(v, zero - v);
      const Vec u = Vec::set(1) / fma(Vec::set(0.3f), t, Vec::set(1));
      Vec r = Vec::set(0.03827112521034543f);
      r = fma(r, u, Vec::set(-0.1686440950511922f));
      r = fma(r, u, Vec::set(0.22757908391606457f));
      r = fma(r, u, Vec::set(-0.07526667017022057f));
      r = fma(r, u, Vec::set(0.14167642333303893f));
      r = fma(r, u, Vec::set(0.09505083908091264f));
      r = fma(r, u, Vec::set(0.1218259496164893f));
      r = fma(r, u, Vec::set(0.11950098883837187f));
      r = fma(r, u, Vec::set(6.383564042528934e-06f));
      const Vec phi = r * exp(t * t * Vec::set(-0.5f));
      store_some(max(v, zero) - t * phi, x + i, count);
    });
  }

  static void gelu_tanh(size_t n, const float* bias, float* x) {
    for_vectors(n, [&](size_t i, size_t count) {
      const Vec v = load_some(x + i, count) + load_some(bias + i, count);
      store_some(v * sigmoid(v * fma(Vec::set(kGeluCubic), v * v, Vec::set(kGelu))), x + i, count);
    });
  }

  static void layer_norm(size_t n, const float* shift, const float* weight, const float* bias,
                         float eps, float* x) {
    Vec sums = Vec::set(0);
    for_vectors(n, [&](size_t i, size_t count) {  // what is beyond the row is 0
      const Vec v = load_some(x + i, count) + load_some(shift + i, count);
      store_some(v, x + i, count);
      sums = sums + v;
    });
    const float mean = sum(sums) / static_cast<float>(n);
    Vec squares = Vec::set(0);
    size_t i = 0;
    for (; i + kLanes <= n; i += kLanes) {
      const Vec d = Vec::load(x + i) - Vec::set(mean);
      squares = fma(d, d, squares);
    }
    float variance = sum(squares);
    for (; i < n; ++i) variance += (x[i] - mean) * (x[i] - mean);
    const float rstd = 1.0f / std::sqrt(variance / static_cast<float>(n) + eps);
    for_vectors(n, [&](size_t at, size_t count) {
      const Vec d = (load_some(x + at, count) - Vec::set(mean)) * Vec::set(rstd);
      store_some(fma(d, load_some(weight + at, count), load_some(bias + at, count)), x + at, count);
    });
  }

  static void geglu_backward(size_t n, const float* gate, const float* up, const float* dout,
                             float* dgate, float* dup) {
    for_vectors(n, [&](size_t i, size_t count) {
      const Vec g = load_some(gate + i, count), u = load_some(up + i, count);
      const Vec d = load_some(dout + i, count);
      const Vec s = sigmoid(g * fma(Vec::set(kGeluCubic), g * g, Vec::set(kGelu)));
      // With z the sigmoid's argument: d gelu(g) / dg = s (1 + g (1 - s) dz/dg)
      const Vec dz = fma(Vec::set(3 * kGeluCubic), g * g, Vec::set(kGelu));
      store_some(d * u * s * (Vec::set(1) + g * (Vec::set(1) - s) * dz), dgate + i, count);
      store_some(d * g * s, dup + i, count);
    });
  }

 private:
  template <size_t N>
  static void gevm_columns(size_t M, const float* x, const float* W, size_t ldw, float* y) {
    Vec sums[N];
#pragma GCC unroll 8
    for (size_t i = 0; i < N; ++i) sums[i] = Vec::set(0);
    for (size_t m = 0; m < M; ++m) {
      const Vec v = Vec::set(x[m]);
#pragma GCC unroll 8
      for (size_t i = 0; i < N; ++i) sums[i] = fma(v, Vec::load(W + m * ldw + i * kLanes), sums[i]);
    }
#pragma GCC unroll 8
    for (size_t i = 0; i < N; ++i) sums[i].store(y + i * kLanes);
  }

  template <class Body>
  static void for_vectors(size_t n, Body body) {
    size_t i = 0;
    for (; i + kLanes <= n; i += kLanes) body(i, kLanes);
    if (i < n) body(i, n - i);
  }
  static Vec load_some(const float* p, size_t count) {
    if (count == kLanes) return Vec::load(p);
    alignas(64) float lanes[kLanes] = {};
    std::copy_n(p, count, lanes);
    return Vec::load(lanes);
  }
  static void store_some(Vec v, float* p, size_t count) {
    if (count == kLanes) return v.store(p);
    alignas(64) float lanes[kLanes];
    v.store(lanes);
    std::copy_n(lanes, count, p);
  }
};

inline float bf16_to_f32(bf16 x) {
  const uint32_t bits = static_cast<uint32_t>(x) << 16;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

// Rounds to nearest even; NaN stays NaN.
inline bf16 f32_to_bf16(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  if ((bits & 0x7fffffff) > 0x7f800000) return static_cast<bf16>((bits >> 16) | 0x40);
  return static_cast<bf16>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

inline void convert_to_bf16(size_t n, const float* x, bf16* y) {
  for (size_t i = 0; i < n; ++i) y[i] = f32_to_bf16(x[i]);
}
inline void convert_to_f32(size_t n, const bf16* x, float* y) {
  for (size_t i = 0; i < n; ++i) y[i] = bf16_to_f32(x[i]);
}

// A table of one Vec and its two micro kernels.
template <class Vec, class MicroF32, class MicroBf16>
Kernels make_table(Isa isa, std::string_view name, const LinearParts& linear) {
  using E = Elementwise<Vec>;
  return {.isa = isa,
          .name = name,
          .gemm_f32 = blocked_gemm<MicroF32>,
          .gemm_bf16 = blocked_gemm<MicroBf16>,
          .gemv_f32 = E::gemv,
          .gevm_f32 = E::gevm,
          .linear = linear,
          .dot = E::dot,
          .axpy = E::axpy,
          .exp_shifted = E::exp_shifted,
          .swiglu = E::swiglu,
          .swiglu_backward = E::swiglu_backward,
          .geglu = E::geglu,
          .geglu_backward = E::geglu_backward,
          .gelu = E::gelu,
          .gelu_tanh = E::gelu_tanh,
          .layer_norm = E::layer_norm,
          .to_bf16 = convert_to_bf16,
          .to_f32 = convert_to_f32};
}

}  // namespace
}  // namespace twin::kernels
