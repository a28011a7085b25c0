// Adam and AdamW.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "optimizers/adam.cc"
#include "math/foreach_target.h"
//
#include "optimizers/adam-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

template <class T>
void AdamUpdate(Context& context, Vector<T> theta, Vector<const T> gradient, Vector<T> mean, Vector<T> squares,
                double learning_rate, double beta1, double beta2, double epsilon, double weight_decay, double step) {
  const AdamStep<T> adam(learning_rate, beta1, beta2, epsilon, weight_decay, step);
  ParallelUpdate(context, gradient, adam, theta, mean, squares);
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
