#pragma once

#include "base/error.h"
#include "engine/kernels/linear_few_x86.h"
#include "engine/kernels/linear_floats.h"
#include "engine/kernels/linear_many_x86.h"

// linear() put together from one instruction set's units. Everything is in an unnamed namespace
// (see kernels_impl.h).
namespace twin::kernels {
namespace {
namespace x86 {

// Stored types of floats for vectors of eight (FloatPanel) and of Vec (floats()).
struct HalfEight {
  static constexpr size_t kBytes = 2;
  struct Value {
    __m256 v;
  };
  static Value load(const uint8_t* p) {
    return {_mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)))};
  }
};
struct FloatEight {
  static constexpr size_t kBytes = 4;
  struct Value {
    __m256 v;
  };
  static Value load(const uint8_t* p) {
    return {_mm256_loadu_ps(reinterpret_cast<const float*>(p))};
  }
};
struct Bf16Eight {
  static constexpr size_t kBytes = 2;
  struct Value {
    __m256 v;
  };
  static Value load(const uint8_t* p) {
    const __m128i bits = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return {_mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16))};
  }
};

// Isa: Dot (linear_few_x86.h); of linear_many_x86.h's units, Words for floats and Quantized<Type>;
// Vec; F32, F16, BF16 (stored types); kPackRows and kFloatStreams.
template <class Isa>
struct Linear {
  // From here on packing a block of W pays for itself.
  template <class Type>
  static constexpr size_t pack_rows() {
    return Type::kHalves ? kUnturnedRows + 1 : Isa::kPackRows;
  }

  template <class Type>
  static void quantized(const LinearCall& call, size_t begin, size_t end) {
    if (call.M < pack_rows<Type>()) {
      few<Type, typename Isa::Dot>(call, begin, end);
    } else {
      many<typename Isa::template Quantized<Type>, QuantizedPanel<Type>>(call, begin, end);
    }
  }

  template <class Type>
  static Activations form(size_t M) {
    if (M < pack_rows<Type>()) return Activations::kByteGroups;
    return Isa::template Quantized<Type>::kWords ? Activations::kWords : Activations::kBytes;
  }

  template <class Body>
  static void with_type(DType dtype, const Body& body) {
    switch (dtype) {
      case DType::kQ8_0:
        return body(Q8_0());
      case DType::kQ4_0:
        return body(Q4_0());
      case DType::kQ4_1:
        return body(Q4_1());
      case DType::kQ5_0:
        return body(Q5_0());
      case DType::kQ5_1:
        return body(Q5_1());
      case DType::kQ4_K:
        return body(Q4_K());
      case DType::kQ5_K:
        return body(Q5_K());
      case DType::kQ6_K:
        return body(Q6_K());
      default:
        throw Bug("linear: not a type of weights");
    }
  }

  static Activations activations(Rows rows, DType weights, size_t M) {
    if (weights == DType::kF32) {
      return rows == Rows::kFine ? Activations::kFine : Activations::kFloats;
    }
    if (!is_quantized(weights)) {
      return rows == Rows::kFew ? Activations::kFloats : Activations::kFine;
    }
    Activations result{};
    with_type(weights, [&](auto type) { result = form<decltype(type)>(M); });
    return result;
  }

  template <class Stored>
  static void floats_of(const LinearCall& call, size_t begin, size_t end) {
    floats<typename Isa::Vec, Stored, Isa::kFloatStreams, Isa::Dot::kAsksAhead>(call, begin, end);
  }

  static void run(const LinearCall& call, size_t begin, size_t end) {
    const bool fine = call.integers.form == Activations::kFine;
    switch (call.W.dtype) {
      case DType::kF32:
        if (fine) return many<typename Isa::Words, FloatPanel<FloatEight>>(call, begin, end);
        return floats_of<typename Isa::F32>(call, begin, end);
      case DType::kF16:
        if (fine) return many<typename Isa::Words, FloatPanel<HalfEight>>(call, begin, end);
        return floats_of<typename Isa::F16>(call, begin, end);
      case DType::kBF16:
        if (fine) return many<typename Isa::Words, FloatPanel<Bf16Eight>>(call, begin, end);
        return floats_of<typename Isa::BF16>(call, begin, end);
      default:
        with_type(call.W.dtype, [&](auto type) { quantized<decltype(type)>(call, begin, end); });
    }
  }

  static LinearParts parts() {
    return {.activations = activations, .to_integers = x86::to_integers, .run = run};
  }
};

}  // namespace x86
}  // namespace
}  // namespace twin::kernels
