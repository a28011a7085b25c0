// Adam: Kingma, Ba, "Adam: A Method for Stochastic Optimization", 2015; with the weight decay of AdamW: Loshchilov,
// Hutter, "Decoupled Weight Decay Regularization", 2019

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "optimizers/adam.cc"
#include "math/foreach_target.h"
//
#include "math/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²; θ ← θ − ηλθ − η m̂ / (ε + √v̂), m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ).
// step counts the steps finished before this one, so t = step + 1; λ is the weight decay, 0 for Adam.
template <class T>
void AdamUpdate(Context& context, Vector<T> theta, Vector<const T> gradient, Vector<T> mean, Vector<T> squares,
                double learning_rate, double beta1, double beta2, double epsilon, double weight_decay, double step) {
  const auto set = [](double value) { return hn::Set(Tag<T>(), static_cast<T>(value)); };
  const double t = step + 1;
  const auto b1 = set(beta1), rest1 = set(1 - beta1), b2 = set(beta2), rest2 = set(1 - beta2);
  const auto rate = set(learning_rate / (1 - std::pow(beta1, t)));
  const auto root = set(1 / std::sqrt(1 - std::pow(beta2, t))), least = set(epsilon);
  const auto kept = set(1 - learning_rate * weight_decay);
  ParallelUpdate(
      context, gradient,
      [=](auto, auto g, auto& p, auto& m, auto& v) {
        m = hn::MulAdd(b1, m, hn::Mul(rest1, g));
        v = hn::MulAdd(b2, v, hn::Mul(rest2, hn::Mul(g, g)));
        const auto change = hn::Div(hn::Mul(rate, m), hn::MulAdd(root, hn::Sqrt(v), least));
        p = hn::MulSub(kept, p, change);
      },
      theta, mean, squares);
}

BLASNET_KERNELS(Adam) {
  registry.Add<&AdamUpdate<float>, &AdamUpdate<double>>(
      "adam_update",
      {"theta", "gradient", "mean", "squares", "learningRate", "beta1", "beta2", "epsilon", "weightDecay", "step"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(Adam)
#endif
