// The rectifier with slopes below 0 that are learned: y = x for x > 0, slope · x else, where slopes broadcast.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/prelu.cc"
#include "math/foreach_target.h"
//
#include "ops/broadcast-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

template <class T>
void Prelu(Context& context, Array<const T> x, Array<const T> slope, Array<T> y, double accumulate) {
  BroadcastMap(
      context, accumulate, y,
      [](auto d, auto vx, auto vs) { return hn::IfThenElse(hn::Gt(vx, hn::Zero(d)), vx, hn::Mul(vs, vx)); }, x, slope);
}

// dx = (dx +) dy for x > 0, slope · dy else
template <class T>
void PreluBackward(Context& context, Array<const T> x, Array<const T> slope, Array<const T> dy, Array<T> dx,
                   double accumulate) {
  BroadcastMap(
      context, accumulate, dx,
      [](auto d, auto vx, auto vs, auto vdy) { return hn::IfThenElse(hn::Gt(vx, hn::Zero(d)), vdy, hn::Mul(vs, vdy)); },
      x, slope, dy);
}

// ds = (ds +) 0 for x > 0, x · dy else: the derivative by the slope of each number
template <class T>
void PreluBackwardSlope(Context& context, Array<const T> x, Array<const T> dy, Array<T> ds, double accumulate) {
  BroadcastMap(
      context, accumulate, ds,
      [](auto d, auto vx, auto vdy) { return hn::IfThenZeroElse(hn::Gt(vx, hn::Zero(d)), hn::Mul(vx, vdy)); }, x, dy);
}

BLASNET_KERNELS(Prelu) {
  registry.Add<&Prelu<float>, &Prelu<double>>("prelu", {"x", "slope", "y", "accumulate"}).ByRows({"x", "slope", "y"});
  registry
      .Add<&PreluBackward<float>, &PreluBackward<double>>("prelu_backward", {"x", "slope", "dy", "dx", "accumulate"})
      .ByRows({"x", "slope", "dy", "dx"});
  registry
      .Add<&PreluBackwardSlope<float>, &PreluBackwardSlope<double>>("prelu_backward_slope",
                                                                    {"x", "dy", "ds", "accumulate"})
      .ByRows({"x", "dy", "ds"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(Prelu)
#endif
