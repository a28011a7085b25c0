// AMSGrad: Reddi, Kale, Kumar, "On the Convergence of Adam and Beyond", 2018

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "optimizers/ams_grad.cc"
#include "math/foreach_target.h"
//
#include "optimizers/adam-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²; u ← max(u, v); θ ← θ − η m̂ / (ε + √û), m̂ = m / (1 − β₁ᵗ),
// û = u / (1 − β₂ᵗ), as PyTorch has it; step counts the steps finished before this one, so t = step + 1
template <class T>
void AmsGradUpdate(Context& context, Vector<T> theta, Vector<const T> gradient, Vector<T> mean, Vector<T> squares,
                   Vector<T> largest, double learning_rate, double beta1, double beta2, double epsilon, double step) {
  const auto set = [](double value) { return hn::Set(Tag<T>(), static_cast<T>(value)); };
  const auto b1 = set(beta1), rest1 = set(1 - beta1), b2 = set(beta2), rest2 = set(1 - beta2);
  const auto rate = set(learning_rate / (1 - std::pow(beta1, step + 1))), least = set(epsilon);
  const auto root = set(1 / std::sqrt(1 - std::pow(beta2, step + 1)));
  ParallelUpdate(
      context, gradient,
      [b1, rest1, b2, rest2, rate, least, root](auto d, auto g, auto& t, auto& m, auto& v, auto& u) {
        m = hn::MulAdd(b1, m, hn::Mul(rest1, g));
        v = hn::MulAdd(b2, v, hn::Mul(rest2, hn::Mul(g, g)));
        u = hn::Max(u, v);
        t = hn::Sub(t, DivideByRoot(d, hn::Mul(rate, m), least, root, u));
      },
      theta, mean, squares, largest);
}

BLASNET_KERNELS(AmsGrad) {
  registry.Add<&AmsGradUpdate<float>, &AmsGradUpdate<double>>(
      "ams_grad_update",
      {"theta", "gradient", "mean", "squares", "largest", "learningRate", "beta1", "beta2", "epsilon", "step"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(AmsGrad)
#endif
