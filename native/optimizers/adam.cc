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

// a / (b + c · √v) for v ≥ 0. In float by estimates of the reciprocals, each made exact to a rounding or two by
// Newton's method: dividing and taking roots would take most of an update's time.
template <class D, class V>
HWY_INLINE V DivideByRoot(D, V a, V b, V c, V v) {
  return hn::Div(a, hn::MulAdd(c, hn::Sqrt(v), b));
}
#if HWY_TARGET <= HWY_AVX3
template <size_t kLanes, int kPower, class V>
HWY_INLINE V DivideByRoot(hn::Simd<float, kLanes, kPower> d, V a, V b, V c, V v) {
  const V half = hn::Set(d, 0.5f), one = hn::Set(d, 1);
  // The smallest number that is not denormal: the estimate of 0 would be infinite.
  const V positive = hn::Max(v, hn::Set(d, 1.17549435e-38f));
  const V estimate = hn::ApproximateReciprocalSqrt(positive);
  const V near = hn::Mul(positive, estimate);
  const V root = hn::MulAdd(hn::Mul(half, near), hn::NegMulAdd(near, estimate, one), near);
  const V divisor = hn::MulAdd(c, root, b);
  const V inverse = hn::ApproximateReciprocal(divisor);
  const V first = hn::Mul(a, inverse);
  return hn::MulAdd(hn::NegMulAdd(divisor, first, a), inverse, first);
}
#endif

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
      [=](auto d, auto g, auto& p, auto& m, auto& v) {
        m = hn::MulAdd(b1, m, hn::Mul(rest1, g));
        v = hn::MulAdd(b2, v, hn::Mul(rest2, hn::Mul(g, g)));
        const auto change = DivideByRoot(d, hn::Mul(rate, m), least, root, v);
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
