// Numbers rounded to bfloat16: the upper 16 bits of a float, half to even. NaN stays NaN.

#if defined(BLASNET_MATH_BFLOAT16_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_BFLOAT16_INL_H_
#undef BLASNET_MATH_BFLOAT16_INL_H_
#else
#define BLASNET_MATH_BFLOAT16_INL_H_
#endif

#include "math/simd-inl.h"

// Whether this target may have the CPU's instructions for bfloat16. They are used in assembly, since a function that is
// compiled for further instructions could not be inlined.
#undef BLASNET_CAN_BFLOAT16
#if HWY_ARCH_X86_64 && HWY_TARGET <= HWY_AVX3 && (HWY_COMPILER_GCC || HWY_COMPILER_CLANG)
#define BLASNET_CAN_BFLOAT16 1
#else
#define BLASNET_CAN_BFLOAT16 0
#endif

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// The bits of v, rounded; the lower 16 of each number are left as they come out.
template <class D>
HWY_INLINE hn::Vec<hn::RebindToUnsigned<D>> RoundedBits(D d, hn::Vec<D> v) {
  const hn::RebindToUnsigned<D> du;
  const auto bits = hn::BitCast(du, v);
  const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(du, 1u));
  const auto rounded = hn::Add(bits, hn::Add(odd, hn::Set(du, 0x7FFFu)));
  // The sum would turn some NaN into infinity, or into 0.
  const auto quiet = hn::Or(bits, hn::Set(du, 0x00400000u));
  return hn::BitCast(du, hn::IfThenElse(hn::Eq(v, v), hn::BitCast(d, rounded), hn::BitCast(d, quiet)));
}

// v rounded to bfloat16, as a float
template <class D>
HWY_INLINE hn::Vec<D> RoundedToBfloat16(D d, hn::Vec<D> v) {
  const hn::RebindToUnsigned<D> du;
  return hn::BitCast(d, hn::And(RoundedBits(d, v), hn::Set(du, 0xFFFF0000u)));
}

// The upper 16 bits of x, rounded likewise
HWY_INLINE uint32_t Bfloat16BitsOf(float x) {
  const hn::CappedTag<float, 1> d;
  return hn::GetLane(RoundedBits(d, hn::Set(d, x))) >> 16;
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
