// AdaDelta: Zeiler, "ADADELTA: An Adaptive Learning Rate Method", 2012. It has no learning rate.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "optimizers/ada_delta.cc"
#include "math/foreach_target.h"
//
#include "math/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// s ← αs + (1 − α)g²; d = √((ε + r) / (ε + s)) g; θ ← θ − d; r ← αr + (1 − α)d²
template <class T>
void AdaDeltaUpdate(Context& context, Vector<T> theta, Vector<const T> gradient, Vector<T> squares, Vector<T> deltas,
                    double decay, double epsilon) {
  const Tag<T> tag;
  const auto alpha = hn::Set(tag, static_cast<T>(decay)), rest = hn::Set(tag, static_cast<T>(1 - decay));
  const auto least = hn::Set(tag, static_cast<T>(epsilon));
  ParallelUpdate(
      context, gradient,
      [alpha, rest, least](auto, auto g, auto& t, auto& s, auto& r) {
        s = hn::MulAdd(alpha, s, hn::Mul(rest, hn::Mul(g, g)));
        const auto step = hn::Mul(hn::Sqrt(hn::Div(hn::Add(least, r), hn::Add(least, s))), g);
        t = hn::Sub(t, step);
        r = hn::MulAdd(alpha, r, hn::Mul(rest, hn::Mul(step, step)));
      },
      theta, squares, deltas);
}

BLASNET_KERNELS(AdaDelta) {
  registry.Add<&AdaDeltaUpdate<float>, &AdaDeltaUpdate<double>>(
      "ada_delta_update", {"theta", "gradient", "squares", "deltas", "decay", "epsilon"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(AdaDelta)
#endif
