// Penalties on large weights, l1 and l2: their part of the loss, and of the gradient.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "losses/penalty.cc"
#include "math/foreach_target.h"
//
#include "core/runtime_scalars.h"
#include "math/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// Adds a penalty, which is a part of m · loss, to the sums; rows is m.
inline void AddPenalty(double penalty, double rows, Vector<double> scalars) {
  scalars::CheckCount(scalars.size);
  scalars[scalars::kLossSum] += penalty;
  scalars[scalars::kBatchLoss] += penalty / rows;
}

// λ Σ|w|
template <class T>
void L1Penalty(Context& context, Vector<const T> w, double lambda, double rows, Vector<double> scalars) {
  AddPenalty(lambda * ParallelSum(context, w, [](auto, auto v) { return hn::Abs(v); }), rows, scalars);
}

// λ Σw² / 2
template <class T>
void L2Penalty(Context& context, Vector<const T> w, double lambda, double rows, Vector<double> scalars) {
  AddPenalty(lambda / 2 * ParallelSum(context, w, [](auto, auto v) { return hn::Mul(v, v); }), rows, scalars);
}

// dw ← dw + λ sign(w) / m
template <class T>
void L1Gradient(Context& context, Vector<const T> w, Vector<T> dw, double lambda, double rows) {
  const auto factor = hn::Set(Tag<T>(), static_cast<T>(lambda / rows));
  ParallelUpdate(
      context, w,
      [factor](auto d, auto v, auto& g) {
        const auto size = hn::IfThenZeroElse(hn::Eq(v, hn::Zero(d)), factor);
        g = hn::Add(g, hn::CopySign(size, v));
      },
      dw);
}

// dw ← dw + λw / m
template <class T>
void L2Gradient(Context& context, Vector<const T> w, Vector<T> dw, double lambda, double rows) {
  const auto factor = hn::Set(Tag<T>(), static_cast<T>(lambda / rows));
  ParallelUpdate(
      context, w, [factor](auto, auto v, auto& g) { g = hn::MulAdd(factor, v, g); }, dw);
}

BLASNET_KERNELS(Penalty) {
  registry.Add<&L1Penalty<float>, &L1Penalty<double>>("l1_penalty", {"w", "lambda", "rows", "scalars"});
  registry.Add<&L2Penalty<float>, &L2Penalty<double>>("l2_penalty", {"w", "lambda", "rows", "scalars"});
  registry.Add<&L1Gradient<float>, &L1Gradient<double>>("l1_gradient", {"w", "dw", "lambda", "rows"});
  registry.Add<&L2Gradient<float>, &L2Gradient<double>>("l2_gradient", {"w", "dw", "lambda", "rows"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(Penalty)
#endif
