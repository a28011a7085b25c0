// AdaGrad: Duchi, Hazan, Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization", 2011

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "optimizers/ada_grad.cc"
#include "math/foreach_target.h"
//
#include "optimizers/ada_grad-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// r ← r + g²; θ ← θ − η g / (ε + √r)
template <class T>
void AdaGradUpdate(Context& context, Vector<T> theta, Vector<const T> gradient, Vector<T> squares, double learning_rate,
                   double epsilon) {
  const auto step = AdaGradStep<T>(learning_rate, epsilon);
  ParallelUpdate(context, gradient, step, theta, squares);
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
