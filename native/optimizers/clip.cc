// Gradient clipping.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "optimizers/clip.cc"
#include "math/foreach_target.h"
//
#include "math/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// g ← g cut to [−limit, limit]; NaN stays NaN
template <class T>
void ClipValue(Context& context, Vector<T> gradient, double limit) {
  const auto high = hn::Set(Tag<T>(), static_cast<T>(limit));
  const auto low = hn::Neg(high);
  ParallelMap(
      context, gradient.size, gradient.data,
      [low, high](auto, auto g) {
        return hn::IfThenElse(hn::Gt(g, high), high, hn::IfThenElse(hn::Lt(g, low), low, g));
      },
      static_cast<const T*>(gradient.data));
}

// g ← g · limit / ‖g‖ where the norm ‖g‖ = √Σg² is above limit. Pascanu, Mikolov, Bengio, "On the difficulty of
// training recurrent neural networks", 2013
template <class T>
void ClipNorm(Context& context, Vector<T> gradient, double limit) {
  const double squares =
      ParallelSum(context, Vector<const T>{gradient.data, gradient.size}, [](auto, auto g) { return hn::Mul(g, g); });
  const double norm = std::sqrt(squares);
  if (!(norm > limit)) return;
  const auto factor = hn::Set(Tag<T>(), static_cast<T>(limit / norm));
  ParallelMap(
      context, gradient.size, gradient.data, [factor](auto, auto g) { return hn::Mul(g, factor); },
      static_cast<const T*>(gradient.data));
}

BLASNET_KERNELS(Clip) {
  registry.Add<&ClipValue<float>, &ClipValue<double>>("clip_value", {"gradient", "limit"});
  registry.Add<&ClipNorm<float>, &ClipNorm<double>>("clip_norm", {"gradient", "limit"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(Clip)
#endif
