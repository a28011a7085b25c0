// RMSProp: Tieleman, Hinton, "Neural Networks for Machine Learning", lecture 6.5, 2012

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "optimizers/rms_prop.cc"
#include "math/foreach_target.h"
//
#include "math/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// r ← pr + (1 − p)g²; θ ← θ − η g / √(ε + r)
template <class T>
void RmsPropUpdate(Context& context, Vector<T> theta, Vector<const T> gradient, Vector<T> squares, double learning_rate,
                   double decay, double epsilon) {
  const Tag<T> tag;
  const auto rate = hn::Set(tag, static_cast<T>(learning_rate)), least = hn::Set(tag, static_cast<T>(epsilon));
  const auto p = hn::Set(tag, static_cast<T>(decay)), rest = hn::Set(tag, static_cast<T>(1 - decay));
  ParallelUpdate(
      context, gradient,
      [rate, least, p, rest](auto, auto g, auto& t, auto& r) {
        r = hn::MulAdd(p, r, hn::Mul(rest, hn::Mul(g, g)));
        t = hn::Sub(t, hn::Div(hn::Mul(rate, g), hn::Sqrt(hn::Add(least, r))));
      },
      theta, squares);
}

BLASNET_KERNELS(RmsProp) {
  registry.Add<&RmsPropUpdate<float>, &RmsPropUpdate<double>>(
      "rms_prop_update", {"theta", "gradient", "squares", "learningRate", "decay", "epsilon"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(RmsProp)
#endif
