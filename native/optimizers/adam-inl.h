// A step of Adam: Kingma, Ba, "Adam: A Method for Stochastic Optimization", 2015; with the weight decay of AdamW:
// Loshchilov, Hutter, "Decoupled Weight Decay Regularization", 2019

#if defined(BLASNET_OPTIMIZERS_ADAM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_OPTIMIZERS_ADAM_INL_H_
#undef BLASNET_OPTIMIZERS_ADAM_INL_H_
#else
#define BLASNET_OPTIMIZERS_ADAM_INL_H_
#endif

#include <limits>

#include "math/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// a / (b + c · √v) for v ≥ 0; a v that has overflowed counts as the largest number. In float by estimates of the
// reciprocals, each made exact to a rounding or two by Newton's method: dividing and taking roots would take most of an
// update's time.
template <class D, class V>
HWY_INLINE V DivideByRoot(D d, V a, V b, V c, V v) {
  const V finite = hn::Min(v, hn::Set(d, std::numeric_limits<hn::TFromD<D>>::max()));
  return hn::Div(a, hn::MulAdd(c, hn::Sqrt(finite), b));
}
#if HWY_TARGET <= HWY_AVX3
template <size_t kLanes, int kPower, class V>
HWY_INLINE V DivideByRoot(hn::Simd<float, kLanes, kPower> d, V a, V b, V c, V v) {
  const V half = hn::Set(d, 0.5f), one = hn::Set(d, 1);
  // The smallest number that is not denormal: the estimate of 0 would be infinite. That of an infinite v would be 0.
  const V positive = hn::Clamp(v, hn::Set(d, 1.17549435e-38f), hn::Set(d, std::numeric_limits<float>::max()));
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
class AdamStep {
 public:
  AdamStep(double learning_rate, double beta1, double beta2, double epsilon, double weight_decay, double step)
      : beta1_(static_cast<T>(beta1)),
        rest1_(static_cast<T>(1 - beta1)),
        beta2_(static_cast<T>(beta2)),
        rest2_(static_cast<T>(1 - beta2)),
        rate_(static_cast<T>(learning_rate / (1 - std::pow(beta1, step + 1)))),
        root_(static_cast<T>(1 / std::sqrt(1 - std::pow(beta2, step + 1)))),
        least_(static_cast<T>(epsilon)),
        kept_(static_cast<T>(1 - learning_rate * weight_decay)) {}

  // Vectors of the gradient, and of θ, m and v, which change.
  template <class D, class V>
  HWY_INLINE void operator()(D d, V g, V& p, V& m, V& v) const {
    const auto set = [d](T value) { return hn::Set(d, value); };
    m = hn::MulAdd(set(beta1_), m, hn::Mul(set(rest1_), g));
    v = hn::MulAdd(set(beta2_), v, hn::Mul(set(rest2_), hn::Mul(g, g)));
    p = hn::MulSub(set(kept_), p, DivideByRoot(d, hn::Mul(set(rate_), m), set(least_), set(root_), v));
  }

 private:
  T beta1_, rest1_, beta2_, rest2_, rate_, root_, least_, kept_;
};

// A step for rows of which only some have a gradient, as torch.optim.SparseAdam has it: θ ← θ − η̂ m / (ε + √v) with
// η̂ = η √(1 − β₂ᵗ) / (1 − β₁ᵗ). Against the step above, ε is divided by √(1 − β₂ᵗ).
template <class T>
AdamStep<T> LazyAdamStep(double learning_rate, double beta1, double beta2, double epsilon, double weight_decay,
                         double step) {
  const double divisor = std::sqrt(1 - std::pow(beta2, step + 1));
  return AdamStep<T>(learning_rate, beta1, beta2, epsilon / divisor, weight_decay, step);
}

// Whether all n numbers are 0; NaN is not.
template <class T>
HWY_INLINE bool IsZero(size_t n, const T* x) {
  const Tag<T> d;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    if (!hn::AllTrue(d, hn::Eq(hn::LoadU(d, x + i), hn::Zero(d)))) return false;
  }
  return i == n || hn::AllTrue(d, hn::Eq(LoadFirst(d, x + i, n - i), hn::Zero(d)));
}

// The step for one row of n numbers, unless its gradient is 0.
template <class T>
HWY_INLINE void LazyAdamRow(size_t n, const T* gradient, const AdamStep<T>& adam, T* theta, T* mean, T* squares) {
  if (IsZero(n, gradient)) return;
  const AdamStep<T> own = adam;
  Update(n, gradient, own, theta, mean, squares);
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
