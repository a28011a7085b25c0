// What the kernels of activations have in common: their loops, and functions that several are made of.

#if defined(BLASNET_LAYERS_ACTIVATION_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BLASNET_LAYERS_ACTIVATION_INL_H_
#undef BLASNET_LAYERS_ACTIVATION_INL_H_
#else
#define BLASNET_LAYERS_ACTIVATION_INL_H_
#endif

#include <string>

#include "math/relu-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

template <class D, class V = hn::Vec<D>>
HWY_INLINE V Logistic(D d, V x) {
  // exp of −|x| never overflows.
  const V e = hn::Exp(d, hn::Neg(hn::Abs(x)));
  const V one = hn::Set(d, 1);
  const V y = hn::Div(hn::IfThenElse(hn::Lt(x, hn::Zero(d)), e, one), hn::Add(one, e));
  return hn::IfThenElse(hn::IsNaN(x), x, y);
}

// x with infinity brought to the largest number of its sign: a factor that vanishes there then makes 0 of it, not NaN.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V AboveMinusInfinity(D d, V x) {
  const V lowest = hn::Set(d, hwy::LowestValue<hn::TFromD<D>>());
  return hn::IfThenElse(hn::Lt(x, lowest), lowest, x);
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Finite(D d, V x) {
  const V highest = hn::Set(d, hwy::HighestValue<hn::TFromD<D>>());
  return hn::IfThenElse(hn::Gt(x, highest), highest, AboveMinusInfinity(d, x));
}

// y = f(x); all of one size. parameter is the slope or alpha of the activations that have one.
template <class F, class T>
void Forward(Context& context, Vector<const T> x, Vector<T> y, double parameter) {
  CheckEqual("y's size", x.size, y.size);
  const auto p = hn::Set(Tag<T>(), static_cast<T>(parameter));
  ParallelMap(
      context, x.size, y.data, [p](auto d, auto v) { return F::Forward(d, v, p); }, x.data);
}

// dx = dy · f′(x)
template <class F, class T>
void Backward(Context& context, Vector<const T> x, Vector<const T> y, Vector<const T> dy, Vector<T> dx,
              double parameter) {
  CheckEqual("y's size", x.size, y.size);
  CheckEqual("dy's size", x.size, dy.size);
  CheckEqual("dx's size", x.size, dx.size);
  const auto p = hn::Set(Tag<T>(), static_cast<T>(parameter));
  ParallelMap(
      context, x.size, dx.data,
      [p](auto d, auto vx, auto vy, auto vdy) { return hn::Mul(vdy, F::Derivative(d, vx, vy, p)); }, x.data, y.data,
      dy.data);
}

template <class F>
void AddActivation(Registry& registry, const std::string& name) {
  registry.Add<&Forward<F, float>, &Forward<F, double>>((name + "_forward").c_str(), {"x", "y", "parameter"})
      .ByRows({"x", "y"});
  registry
      .Add<&Backward<F, float>, &Backward<F, double>>((name + "_backward").c_str(), {"x", "y", "dy", "dx", "parameter"})
      .ByRows({"x", "y", "dy", "dx"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
