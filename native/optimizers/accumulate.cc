// One gradient from those of several batches: of the mean loss over all of their rows.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "optimizers/accumulate.cc"
#include "math/foreach_target.h"
//
#include "math/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// sum ← sum + m·g for the gradient g of a batch of m rows that begins at the row first_row of the epoch. Every
// group_rows rows a sum begins anew. group_count[1] = rows in the sum
template <class T>
void AccumulateGradient(Context& context, Vector<const T> gradient, Vector<T> sum, double rows, double first_row,
                        double group_rows, Vector<double> group_count) {
  CheckEqual("groupCount's length", size_t{1}, group_count.size);
  const double before = std::fmod(first_row, group_rows);
  group_count[0] = before + rows;
  const auto m = hn::Set(Tag<T>(), static_cast<T>(rows));
  if (before == 0) {
    CheckEqual("sum's size", gradient.size, sum.size);
    ParallelMap(
        context, gradient.size, sum.data, [m](auto, auto g) { return hn::Mul(m, g); }, gradient.data);
  } else {
    ParallelUpdate(
        context, gradient, [m](auto, auto g, auto& s) { s = hn::MulAdd(m, g, s); }, sum);
  }
}

// g = sum / rows
template <class T>
void MeanGradient(Context& context, Vector<const T> sum, double rows, Vector<T> gradient) {
  CheckEqual("gradient's size", sum.size, gradient.size);
  const auto m = hn::Set(Tag<T>(), static_cast<T>(rows));
  ParallelMap(
      context, sum.size, gradient.data, [m](auto, auto s) { return hn::Div(s, m); }, sum.data);
}

BLASNET_KERNELS(Accumulate) {
  registry.Add<&AccumulateGradient<float>, &AccumulateGradient<double>>(
      "accumulate_gradient", {"gradient", "sum", "rows", "firstRow", "groupRows", "groupCount"});
  registry.Add<&MeanGradient<float>, &MeanGradient<double>>("mean_gradient", {"sum", "rows", "gradient"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(Accumulate)
#endif
