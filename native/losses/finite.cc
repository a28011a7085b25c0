// Kernels that end a run when numbers are lost.

#include <algorithm>
#include <cmath>

#include "core/registry.h"
#include "core/slots.h"

namespace blasnet {

namespace {

// Ends a run whose loss is no longer a number, before the update spoils the weights.
template <class T>
void RequireFiniteLoss(Context&, Vector<const double> slots) {
  slots::CheckCount(slots.size);
  if (!std::isfinite(slots[slots::kBatchLoss])) throw NotFinite("the loss is not finite");
}

// The same for any numbers: weights, before they are kept as a checkpoint.
template <class T>
void RequireFinite(Context&, Vector<const T> values) {
  const bool finite = std::all_of(values.data, values.data + values.size, [](T value) { return std::isfinite(value); });
  if (!finite) throw NotFinite("a number is not finite");
}

const KernelModule module([](Registry& registry) {
  registry.Add<&RequireFiniteLoss<float>, &RequireFiniteLoss<double>>("require_finite_loss", {"slots"});
  registry.Add<&RequireFinite<float>, &RequireFinite<double>>("require_finite", {"values"});
});

}  // namespace

}  // namespace blasnet
