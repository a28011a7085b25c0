// AdaGrad: Duchi, Hazan, Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization", 2011

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "optimizers/ada_grad.cc"
#include "math/foreach_target.h"
//
#include "math/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// r ← r + g²; θ ← θ − η g / (ε + √r)
template <class T>
void AdaGradUpdate(Context& context, Vector<T> theta, Vector<const T> gradient, Vector<T> squares, double learning_rate,
                   double epsilon) {
  const Tag<T> tag;
  const auto rate = hn::Set(tag, static_cast<T>(learning_rate)), least = hn::Set(tag, static_cast<T>(epsilon));
  ParallelUpdate(
      context, gradient,
      [rate, least](auto, auto g, auto& t, auto& r) {
        r = hn::MulAdd(g, g, r);
        // 0/0 where ε is 0 and every gradient so far was: nothing to move.
        const auto step = hn::Div(hn::Mul(rate, g), hn::Add(least, hn::Sqrt(r)));
        t = hn::IfThenElse(hn::Eq(g, hn::Zero(Tag<T>())), t, hn::Sub(t, step));
      },
      theta, squares);
}

BLASNET_KERNELS(AdaGrad) {
  registry.Add<&AdaGradUpdate<float>, &AdaGradUpdate<double>>(
      "ada_grad_update", {"theta", "gradient", "squares", "learningRate", "epsilon"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(AdaGrad)
#endif
