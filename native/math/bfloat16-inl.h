// Numbers rounded to bfloat16: the upper 16 bits of a float, half to even. NaN stays NaN.

#if defined(BLASNET_MATH_BFLOAT16_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_BFLOAT16_INL_H_
#undef BLASNET_MATH_BFLOAT16_INL_H_
#else
#define BLASNET_MATH_BFLOAT16_INL_H_
#endif

#include "math/simd-inl.h"

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

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
