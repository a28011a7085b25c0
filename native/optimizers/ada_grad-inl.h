// A step of AdaGrad, for all numbers of a tensor or for the rows of a table that occur.

#if defined(BLASNET_OPTIMIZERS_ADA_GRAD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_OPTIMIZERS_ADA_GRAD_INL_H_
#undef BLASNET_OPTIMIZERS_ADA_GRAD_INL_H_
#else
#define BLASNET_OPTIMIZERS_ADA_GRAD_INL_H_
#endif

#include "math/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// The change of a vector of θ and r by one of g: r ← r + g²; θ ← θ − η g / (ε + √r). Where g is 0 nothing changes.
template <class T>
HWY_INLINE auto AdaGradStep(double learning_rate, double epsilon) {
  const Tag<T> tag;
  const auto rate = hn::Set(tag, static_cast<T>(learning_rate)), least = hn::Set(tag, static_cast<T>(epsilon));
  return [rate, least](auto, auto g, auto& t, auto& r) {
    r = hn::MulAdd(g, g, r);
    // 0/0 where ε is 0 and every gradient so far was: nothing to move.
    const auto step = hn::Div(hn::Mul(rate, g), hn::Add(least, hn::Sqrt(r)));
    t = hn::IfThenElse(hn::Eq(g, hn::Zero(Tag<T>())), t, hn::Sub(t, step));
  };
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
