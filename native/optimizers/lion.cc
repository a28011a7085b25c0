// Lion: Chen et al., "Symbolic Discovery of Optimization Algorithms", 2023

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "optimizers/lion.cc"
#include "math/foreach_target.h"
//
#include "math/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// c = β₁m + (1 − β₁)g; θ ← θ − η (sign(c) + λθ); m ← β₂m + (1 − β₂)g. A c that is NaN makes θ NaN.
template <class T>
void LionUpdate(Context& context, Vector<T> theta, Vector<const T> gradient, Vector<T> mean, double learning_rate,
                double beta1, double beta2, double weight_decay) {
  const auto set = [](double value) { return hn::Set(Tag<T>(), static_cast<T>(value)); };
  const auto b1 = set(beta1), rest1 = set(1 - beta1), b2 = set(beta2), rest2 = set(1 - beta2);
  const auto rate = set(learning_rate), kept = set(1 - learning_rate * weight_decay);
  ParallelUpdate(
      context, gradient,
      [b1, rest1, b2, rest2, rate, kept](auto d, auto g, auto& t, auto& m) {
        const auto c = hn::MulAdd(b1, m, hn::Mul(rest1, g));
        // 0 and NaN are their own steps.
        const auto step = hn::IfThenElse(hn::Or(hn::Eq(c, hn::Zero(d)), hn::IsNaN(c)), c, hn::CopySign(rate, c));
        m = hn::MulAdd(b2, m, hn::Mul(rest2, g));
        t = hn::MulSub(kept, t, step);
      },
      theta, mean);
}

BLASNET_KERNELS(Lion) {
  registry.Add<&LionUpdate<float>, &LionUpdate<double>>(
      "lion_update", {"theta", "gradient", "mean", "learningRate", "beta1", "beta2", "weightDecay"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(Lion)
#endif
