// Kernels that end a run when numbers are lost.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "losses/finite.cc"
#include "math/foreach_target.h"
//
#include <cmath>

#include "core/runtime_scalars.h"
#include "math/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// Ends a run whose loss is no longer a number, before the update spoils the weights.
template <class T>
void RequireFiniteLoss(Context&, Vector<const double> scalars) {
  scalars::CheckCount(scalars.size);
  if (!std::isfinite(scalars[scalars::kBatchLoss])) throw NotFinite("the loss is not finite");
}

// The same for any numbers: a batch's rows, and weights before they are kept as a checkpoint.
template <class T>
void RequireFinite(Context&, Vector<const T> values) {
  constexpr size_t kRun = 4096;  // numbers between two looks at what was found
  const Tag<T> d;
  const size_t lanes = hn::Lanes(d);
  // x − x is 0 of every number, and NaN of NaN and of infinity.
  const auto lost = [d](auto x) { return hn::Sub(x, x); };
  for (size_t first = 0; first < values.size; first += kRun) {
    const size_t last = HWY_MIN(values.size, first + kRun);
    auto found = hn::Zero(d);
    size_t i = first;
    for (; i + lanes <= last; i += lanes) found = hn::Or(found, lost(hn::LoadU(d, values.data + i)));
    if (i < last) found = hn::Or(found, lost(LoadFirst(d, values.data + i, last - i)));
    if (!hn::AllTrue(d, hn::Eq(found, hn::Zero(d)))) throw NotFinite("a number is not finite");
  }
}

BLASNET_KERNELS(Finite) {
  registry.Add<&RequireFiniteLoss<float>, &RequireFiniteLoss<double>>("require_finite_loss", {"scalars"});
  registry.Add<&RequireFinite<float>, &RequireFinite<double>>("require_finite", {"values"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(Finite)
#endif
