// Stochastic gradient descent: θ ← θ − ηg.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "optimizers/sgd.cc"
#include "math/foreach_target.h"
//
#include "math/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

template <class T>
void SgdUpdate(Context& context, Vector<T> theta, Vector<const T> gradient, double learning_rate) {
  CheckEqual("gradient's size", theta.size, gradient.size);
  const auto rate = hn::Set(Tag<T>(), static_cast<T>(learning_rate));
  ParallelMap(
      context, theta.size, theta.data, [rate](auto, auto t, auto g) { return hn::NegMulAdd(rate, g, t); },
      static_cast<const T*>(theta.data), gradient.data);
}

BLASNET_KERNELS(Sgd) {
  registry.Add<&SgdUpdate<float>, &SgdUpdate<double>>("sgd_update", {"theta", "gradient", "learningRate"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(Sgd)
#endif
