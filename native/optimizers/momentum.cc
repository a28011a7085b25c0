// Momentum, plain and by Nesterov: the velocity v is a decaying sum of steps.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "optimizers/momentum.cc"
#include "math/foreach_target.h"
//
#include "math/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

template <class T>
HWY_INLINE hn::Vec<Tag<T>> Broadcast(double value) {
  return hn::Set(Tag<T>(), static_cast<T>(value));
}

// v ← αv + ηg; θ ← θ − v. Polyak, "Some methods of speeding up the convergence of iteration methods", 1964
template <class T>
void MomentumUpdate(Context& context, Vector<T> theta, Vector<const T> gradient, Vector<T> velocity,
                    double learning_rate, double momentum) {
  const auto rate = Broadcast<T>(learning_rate), alpha = Broadcast<T>(momentum);
  ParallelUpdate(
      context, gradient,
      [rate, alpha](auto, auto g, auto& t, auto& v) {
        v = hn::MulAdd(alpha, v, hn::Mul(rate, g));
        t = hn::Sub(t, v);
      },
      theta, velocity);
}

// origin ← θ; θ ← θ − αv: where Nesterov takes the gradient. Sutskever, Martens, Dahl, Hinton, "On the importance of
// initialization and momentum in deep learning", 2013
template <class T>
void NagBegin(Context& context, Vector<T> theta, Vector<const T> velocity, Vector<T> origin, double momentum) {
  const auto alpha = Broadcast<T>(momentum);
  ParallelUpdate(
      context, velocity,
      [alpha](auto, auto v, auto& t, auto& o) {
        o = t;
        t = hn::NegMulAdd(alpha, v, t);
      },
      theta, origin);
}

// v ← αv + ηg; origin ← origin − v, the weights; θ ← origin − αv, where the next gradient is taken
template <class T>
void NagUpdate(Context& context, Vector<T> theta, Vector<const T> gradient, Vector<T> velocity, Vector<T> origin,
               double learning_rate, double momentum) {
  const auto rate = Broadcast<T>(learning_rate), alpha = Broadcast<T>(momentum);
  ParallelUpdate(
      context, gradient,
      [rate, alpha](auto, auto g, auto& t, auto& v, auto& o) {
        v = hn::MulAdd(alpha, v, hn::Mul(rate, g));
        o = hn::Sub(o, v);
        t = hn::NegMulAdd(alpha, v, o);
      },
      theta, velocity, origin);
}

BLASNET_KERNELS(Momentum) {
  registry.Add<&MomentumUpdate<float>, &MomentumUpdate<double>>(
      "momentum_update", {"theta", "gradient", "velocity", "learningRate", "momentum"});
  registry.Add<&NagBegin<float>, &NagBegin<double>>("nag_begin", {"theta", "velocity", "origin", "momentum"});
  registry.Add<&NagUpdate<float>, &NagUpdate<double>>(
      "nag_update", {"theta", "gradient", "velocity", "origin", "learningRate", "momentum"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(Momentum)
#endif
