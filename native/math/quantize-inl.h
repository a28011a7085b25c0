// Numbers as bytes, and sums of products of bytes: what layers with int8 weights compute with. The sums are exact, so
// that they have the same bits on every CPU, in any order.

#if defined(BLASNET_MATH_QUANTIZE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_QUANTIZE_INL_H_
#undef BLASNET_MATH_QUANTIZE_INL_H_
#else
#define BLASNET_MATH_QUANTIZE_INL_H_
#endif

#include "math/simd-inl.h"

// AVX-512 VNNI multiplies bytes; CPUs with AVX-512 may lack it. It is used in assembly, since a function that is
// compiled for further instructions could not be inlined here.
#undef BLASNET_CAN_VNNI
#if HWY_ARCH_X86_64 && HWY_TARGET <= HWY_AVX3 && (HWY_COMPILER_GCC || HWY_COMPILER_CLANG)
#define BLASNET_CAN_VNNI 1
#else
#define BLASNET_CAN_VNNI 0
#endif

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

using Int32Tag = Tag<int32_t>;
using Int32s = hn::Vec<Int32Tag>;
inline constexpr size_t kInt32Lanes = hn::MaxLanes(Int32Tag());

// Numbers for one tensor of bytes: byte = round(x · inverse) + zero, half to even, within 0 … 255. NaN counts as 0.
struct ByteScale {
  float inverse, zero;
};

// The numbers inverse and zero that `input` holds.
template <class T>
HWY_INLINE ByteScale ByteScaleOf(Vector<const T> input) {
  CheckEqual("input's length", size_t{2}, input.size);
  const ByteScale scale{static_cast<float>(input[0]), static_cast<float>(input[1])};
  Check(scale.inverse > 0 && std::isfinite(scale.inverse), "Expected a finite number above 0 for input");
  Check(scale.zero >= 0 && scale.zero <= 255 && scale.zero == std::floor(scale.zero),
        "Expected a whole number from 0 to 255 for input");
  return scale;
}

template <class D>
HWY_INLINE hn::Vec<hn::Rebind<uint8_t, D>> BytesOf(D d, hn::Vec<D> x, ByteScale scale) {
  const hn::Rebind<int32_t, D> d32;
  const auto zero = hn::Set(d, scale.zero);
  const auto scaled = hn::Mul(x, hn::Set(d, scale.inverse));
  const auto number = hn::IfThenElseZero(hn::Eq(scaled, scaled), scaled);
  // Before the rounding, which would not hold every number; the limits are whole, so the order makes no difference.
  const auto within = hn::Min(hn::Max(number, hn::Neg(zero)), hn::Sub(hn::Set(d, 255.0f), zero));
  const auto whole = hn::Add(hn::NearestInt(within), hn::Set(d32, static_cast<int32_t>(scale.zero)));
  return hn::DemoteTo(hn::Rebind<uint8_t, D>(), whole);
}

// bytes[n] of x[n]
HWY_INLINE void QuantizeRow(const float* HWY_RESTRICT x, size_t n, ByteScale scale, uint8_t* HWY_RESTRICT bytes) {
  const Tag<float> d;
  const hn::Rebind<uint8_t, Tag<float>> d8;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(BytesOf(d, hn::LoadU(d, x + i), scale), d8, bytes + i);
  if (i == n) return;
  HWY_ALIGN uint8_t last[hn::MaxLanes(d)];
  hn::Store(BytesOf(d, LoadFirst(d, x + i, n - i), scale), d8, last);
  for (size_t k = 0; i < n; ++i, ++k) bytes[i] = last[k];
}

// sum + Σ of four products of bytes in each 32 bits: those of x are 0 … 255, those of w −128 … 127. By way of 16 bits,
// where no product overflows; the instruction that multiplies bytes without VNNI, pmaddubsw, would saturate.
struct PairDot {
  struct Split {
    hn::Vec<Tag<int16_t>> even, odd;
  };
  static HWY_INLINE Split Left(Int32s x) {
    const Tag<int16_t> d;
    const Tag<uint16_t> du;
    const auto pairs = hn::BitCast(du, x);
    return {hn::BitCast(d, hn::And(pairs, hn::Set(du, uint16_t{0xFF}))), hn::BitCast(d, hn::ShiftRight<8>(pairs))};
  }
  static HWY_INLINE Split Right(Int32s w) {
    const auto pairs = hn::BitCast(Tag<int16_t>(), w);
    return {hn::ShiftRight<8>(hn::ShiftLeft<8>(pairs)), hn::ShiftRight<8>(pairs)};
  }
  static HWY_INLINE Int32s Add(Int32s sum, const Split& x, const Split& w) {
#if HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR
    Int32s none = hn::Zero(Int32Tag());
    sum = hn::ReorderWidenMulAccumulate(Int32Tag(), x.even, w.even, sum, none);
    return hn::ReorderWidenMulAccumulate(Int32Tag(), x.odd, w.odd, sum, none);
#else
    return hn::Add(sum, hn::Add(SumOfPairs(hn::Mul(x.even, w.even)), SumOfPairs(hn::Mul(x.odd, w.odd))));
#endif
  }

 private:
  static HWY_INLINE Int32s SumOfPairs(hn::Vec<Tag<int16_t>> products) {
    const auto both = hn::BitCast(Int32Tag(), products);
    return hn::Add(hn::ShiftRight<16>(hn::ShiftLeft<16>(both)), hn::ShiftRight<16>(both));
  }
};

#if BLASNET_CAN_VNNI
struct VnniDot {
  static HWY_INLINE Int32s Left(Int32s x) { return x; }
  static HWY_INLINE Int32s Right(Int32s w) { return w; }
  static HWY_INLINE Int32s Add(Int32s sum, Int32s x, Int32s w) {
    asm("vpdpbusd %[w], %[x], %[sum]" : [sum] "+v"(sum.raw) : [x] "v"(x.raw), [w] "v"(w.raw));
    return sum;
  }
};

inline bool HasVnni() {
  static const bool has = __builtin_cpu_supports("avx512vnni") != 0;
  return has;
}
#endif

// Calls f with the fastest of the two that this CPU has.
template <class F>
HWY_INLINE void WithDot(const F& f) {
#if BLASNET_CAN_VNNI
  if (HasVnni()) return f(VnniDot());
#endif
  f(PairDot());
}

// Keeps a compiler from making one rounding of the product v and a sum that follows, which it can on some CPUs only.
template <class V>
HWY_INLINE V Rounded(V v) {
#if HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR && (HWY_COMPILER_GCC || HWY_COMPILER_CLANG)
  asm("" : "+v"(v.raw));
#elif HWY_ARCH_ARM_A64 && HWY_TARGET != HWY_SCALAR && (HWY_COMPILER_GCC || HWY_COMPILER_CLANG)
  asm("" : "+w"(v.raw));
#endif
  return v;
}

// The numbers that sums of products stand for.
HWY_INLINE hn::Vec<Tag<float>> Dequantized(Int32s sum, hn::Vec<Tag<float>> scale, hn::Vec<Tag<float>> bias) {
  return hn::Add(Rounded(hn::Mul(hn::ConvertTo(Tag<float>(), sum), scale)), bias);
}

// Four weights, whole numbers from −128 to 127, as bytes of one number; the first in the lowest byte.
HWY_INLINE int32_t QuadOf(const int32_t (&w)[4]) {
  uint32_t quad = 0;
  for (size_t i = 0; i < 4; ++i) quad |= (static_cast<uint32_t>(w[i]) & 0xFF) << (8 * i);
  return static_cast<int32_t>(quad);
}

template <class T>
HWY_INLINE int32_t WeightOf(T w) {
  return w >= T(-128) && w <= T(127) ? static_cast<int32_t>(w) : 0;
}

// Kernels with int8 weights have a float32 variant only.
template <class T>
HWY_INLINE void RequireFloat32() {
  Check(sizeof(T) == sizeof(float), "Expected float32 for a layer with int8 weights but received float64");
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
