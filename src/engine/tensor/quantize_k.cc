#include "engine/tensor/quantize_k.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "engine/tensor/blocks.h"

namespace twin {
namespace {

constexpr size_t kBlock = 256;

float put_half(uint8_t* place, float value) {
  const uint16_t bits = f32_to_f16(value);
  std::memcpy(place, &bits, sizeof bits);
  return f16_to_f32(bits);
}

// To nearest even: adding 1.5 * 2^23 leaves no bits for a fraction. Requires |value| < 2^22.
int nearest(float value) { return static_cast<int>((value + 12582912.0f) - 12582912.0f); }

int nearest(float value, int low, int high) {
  // Before rounding: a value beyond what nearest() takes stays on its side.
  const float bound = std::clamp(value, static_cast<float>(low), static_cast<float>(high));
  return nearest(bound);
}

struct Line {
  float scale, min;  // x ~ scale * q - min, both from 0
};

// The line that fits a group of 32 best in weighted squares, searched among `steps` + 1 slopes from
// (most + first) / range on in steps of 0.1, each followed by least squares for its levels. The
// range begins at the best minimum so far. Greater values weigh more.
Line fit_line(const float* x, int most, float first, int steps) {
  constexpr size_t kGroup = 32;
  float squares = 0;
  for (size_t i = 0; i < kGroup; ++i) squares += x[i] * x[i];
  const float mean = std::sqrt(squares / kGroup);
  float weight[kGroup], sum_w = 0, sum_x = 0;
  for (size_t i = 0; i < kGroup; ++i) {
    weight[i] = mean + std::abs(x[i]);
    sum_w += weight[i];
    sum_x += weight[i] * x[i];
  }
  const auto [low, high] = std::minmax_element(x, x + kGroup);
  float min = std::min(*low, 0.0f);
  if (*high == min) return {0, -min};

  int level[kGroup];
  const auto error_of = [&](float scale, float offset) {
    float error = 0;
    for (size_t i = 0; i < kGroup; ++i) {
      const float miss = scale * static_cast<float>(level[i]) + offset - x[i];
      error += weight[i] * (miss * miss);
    }
    return error;
  };
  const auto set_levels = [&](float steepness) {
    for (size_t i = 0; i < kGroup; ++i) level[i] = nearest(steepness * (x[i] - min), 0, most);
  };
  const auto levels = static_cast<float>(most);
  const float slope = levels / (*high - min);
  float scale = 1 / slope;
  set_levels(slope);
  float best = error_of(scale, min);
  for (int step = 0; step <= steps; ++step) {
    set_levels((first + 0.1f * static_cast<float>(step) + levels) / (*high - min));
    float sum_l = 0, sum_l2 = 0, sum_xl = 0;
    for (size_t i = 0; i < kGroup; ++i) {
      const float l = static_cast<float>(level[i]), w = weight[i];
      sum_l += w * l;
      sum_l2 += w * l * l;
      sum_xl += w * l * x[i];
    }
    const float determinant = sum_w * sum_l2 - sum_l * sum_l;
    if (!(determinant > 0)) continue;
    float this_scale = (sum_w * sum_xl - sum_x * sum_l) / determinant;
    float this_min = (sum_l2 * sum_x - sum_l * sum_xl) / determinant;
    if (this_min > 0) {
      this_min = 0;
      this_scale = sum_xl / sum_l2;
    }
    const float error = error_of(this_scale, this_min);
    if (error < best) {
      best = error;
      scale = this_scale;
      min = this_min;
    }
  }
  return {scale, -min};
}

// Eight scales and minima of 6 bits in 12 bytes: see blocks.cc.
void pack_scales(const std::array<uint8_t, 8>& scales, const std::array<uint8_t, 8>& mins,
                 uint8_t* packed) {
  for (size_t j = 0; j < 4; ++j) {
    packed[j] = static_cast<uint8_t>(scales[j] | scales[j + 4] >> 4 << 6);
    packed[j + 4] = static_cast<uint8_t>(mins[j] | mins[j + 4] >> 4 << 6);
    packed[j + 8] = static_cast<uint8_t>((scales[j + 4] & 15) | (mins[j + 4] & 15) << 4);
  }
}

// What Q4_K and Q5_K share: 16 bytes of scales, and the levels of all values.
void with_minima(const float* x, int most, float first, int steps, uint8_t* block, uint8_t* q) {
  std::array<Line, 8> lines;
  float max_scale = 0, max_min = 0;
  for (size_t j = 0; j < 8; ++j) {
    lines[j] = fit_line(x + 32 * j, most, first, steps);
    max_scale = std::max(max_scale, lines[j].scale);
    max_min = std::max(max_min, lines[j].min);
  }
  const float to_scale = max_scale > 0 ? 63 / max_scale : 0;
  const float to_min = max_min > 0 ? 63 / max_min : 0;
  std::array<uint8_t, 8> scales, mins;
  for (size_t j = 0; j < 8; ++j) {
    scales[j] = static_cast<uint8_t>(nearest(to_scale * lines[j].scale, 0, 63));
    mins[j] = static_cast<uint8_t>(nearest(to_min * lines[j].min, 0, 63));
  }
  pack_scales(scales, mins, block + 4);
  const float d = put_half(block, max_scale / 63), dmin = put_half(block + 2, max_min / 63);
  for (size_t i = 0; i < kBlock; ++i) {
    const float scale = d * scales[i / 32], min = dmin * mins[i / 32];
    q[i] = scale == 0 ? uint8_t{0} : static_cast<uint8_t>(nearest((x[i] + min) / scale, 0, most));
  }
}

// Pairs of groups share 32 bytes: low halves, then high halves.
void put_nibbles(const uint8_t* q, uint8_t* place) {
  for (size_t pair = 0; pair < 4; ++pair) {
    for (size_t i = 0; i < 32; ++i) {
      place[pair * 32 + i] =
          static_cast<uint8_t>((q[pair * 64 + i] & 15) | (q[pair * 64 + 32 + i] & 15) << 4);
    }
  }
}

// The scale (of either sign) that fits 16 values best, x ~ scale * q, q from -32 to 31; squares
// weigh by x^2.
float fit_scale(const float* x) {
  constexpr size_t kGroup = 16;
  float farthest = 0, extreme = 0;
  for (size_t i = 0; i < kGroup; ++i) {
    if (std::abs(x[i]) > farthest) {
      farthest = std::abs(x[i]);
      extreme = x[i];
    }
  }
  if (farthest < 1e-15f) return 0;
  float scale = 0, best = 0;
  const auto attempt = [&](float slope, bool always) {
    float sum_xl = 0, sum_l2 = 0;
    for (size_t i = 0; i < kGroup; ++i) {
      const auto l = static_cast<float>(nearest(slope * x[i], -32, 31));
      const float w = x[i] * x[i];
      sum_xl += w * x[i] * l;
      sum_l2 += w * l * l;
    }
    if (sum_l2 > 0 && (always || sum_xl * sum_xl > best * sum_l2)) {
      scale = sum_xl / sum_l2;
      best = scale * sum_xl;
    }
  };
  attempt(-32 / extreme, true);
  for (int step = -9; step <= 9; ++step) {
    if (step != 0) attempt(-(32 + 0.1f * static_cast<float>(step)) / extreme, false);
  }
  return scale;
}

}  // namespace

void quantize_q4_k(const float* x, uint8_t* block) {
  uint8_t q[kBlock];
  with_minima(x, 15, -1.0f, 20, block, q);
  put_nibbles(q, block + 16);
}

void quantize_q5_k(const float* x, uint8_t* block) {
  uint8_t q[kBlock];
  with_minima(x, 31, -0.5f, 15, block, q);
  for (size_t i = 0; i < 32; ++i) {
    uint8_t fifths = 0;
    for (size_t group = 0; group < 8; ++group) {
      fifths = static_cast<uint8_t>(fifths | (q[group * 32 + i] >> 4) << group);
    }
    block[16 + i] = fifths;
  }
  put_nibbles(q, block + 48);
}

void quantize_q6_k(const float* x, uint8_t* block) {
  std::fill_n(block, 210, uint8_t{0});
  float scales[16], extreme = 0;
  for (size_t j = 0; j < 16; ++j) {
    scales[j] = fit_scale(x + 16 * j);
    if (std::abs(scales[j]) > std::abs(extreme)) extreme = scales[j];
  }
  if (std::abs(extreme) < 1e-15f) return;
  const float to_scale = -128 / extreme;
  const float d = put_half(block + 208, 1 / to_scale);
  uint8_t q[kBlock];
  for (size_t j = 0; j < 16; ++j) {
    const int s = std::min(127, nearest(to_scale * scales[j], -128, 127));
    block[192 + j] = static_cast<uint8_t>(static_cast<int8_t>(s));
    const float scale = d * static_cast<float>(s);
    for (size_t i = 16 * j; i < 16 * (j + 1); ++i) {
      // Where the scale rounds to none every level stands for zero.
      q[i] = scale == 0 ? uint8_t{32} : static_cast<uint8_t>(nearest(x[i] / scale, -32, 31) + 32);
    }
  }
  for (size_t half = 0; half < 2; ++half) {
    uint8_t *low = block + half * 64, *high = block + 128 + half * 32;
    const uint8_t* values = q + half * 128;
    for (size_t i = 0; i < 32; ++i) {
      low[i] = static_cast<uint8_t>((values[i] & 15) | (values[i + 64] & 15) << 4);
      low[i + 32] = static_cast<uint8_t>((values[i + 32] & 15) | (values[i + 96] & 15) << 4);
      high[i] = static_cast<uint8_t>(values[i] >> 4 | values[i + 32] >> 4 << 2 |
                                     values[i + 64] >> 4 << 4 | values[i + 96] >> 4 << 6);
    }
  }
}

}  // namespace twin
