// The rectifier and its derivative, for the kernel of its own and for those that apply it to their results.

#if defined(BLASNET_MATH_RELU_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_MATH_RELU_INL_H_
#undef BLASNET_MATH_RELU_INL_H_
#else
#define BLASNET_MATH_RELU_INL_H_
#endif

#include "math/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// max(x, 0). Bounds are kept by comparing and selecting, which pass NaN on; Min and Max lose it on some instruction
// sets.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V PositivePart(D d, V x) {
  return hn::IfThenZeroElse(hn::Lt(x, hn::Zero(d)), x);
}

// Its derivative: 1 for x > 0, 0 else. That of max(x, 0) is the same.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V ReluSlope(D d, V x) {
  return hn::IfThenElseZero(hn::Gt(x, hn::Zero(d)), hn::Set(d, 1));
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
