#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

// exp and log whose bits are the same on every platform: additions, multiplications and conversions
// alone, which IEEE 754 defines. Files that use them are compiled with -ffp-contract=off.
namespace twin::portable {

// e^x for x <= 0, relative error below 2e-7; 0 below -87 and for NaN. Vectorises.
// Method: x = n ln 2 + r, |r| <= ln 2 / 2; Taylor's polynomial of degree 7.
inline float exp(float x) {
  constexpr float kLog2e = 1.44269504f, kLn2High = 0.693359375f, kLn2Low = -2.12194440e-4f;
  constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
  const float safe = x >= -87.0f ? x : -87.0f;
  const float n = (safe * kLog2e + kRound) - kRound;
  const float r = (safe - n * kLn2High) - n * kLn2Low;
  float p = 1.0f / 5040;
  p = p * r + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  const auto power = static_cast<uint32_t>(static_cast<int32_t>(n) + 127) << 23;
  const float value = p * std::bit_cast<float>(power);
  return x >= -87.0f ? value : 0.0f;
}

// Natural logarithm of a finite x > 0, to a few units in the last place.
// Method: x = 2^e m, m in [sqrt 1/2, sqrt 2); log m = 2 artanh((m - 1) / (m + 1)).
inline double log(double x) {
  int e = 0;
  double m = std::frexp(x, &e);  // exact
  if (m < 0.70710678118654752) {
    m *= 2;
    --e;
  }
  const double s = (m - 1) / (m + 1), square = s * s;
  double series = 0;
  for (int k = 23; k >= 1; k -= 2) series = series * square + 1.0 / k;
  return 2 * s * series + e * 0.69314718055994531;
}

}  // namespace twin::portable
