// Products of matrices in bfloat16, alone or in batches.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/bfloat16_product.cc"
#include "math/foreach_target.h"
//
#include "math/bfloat16_product-inl.h"
#include "math/rounded_factors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// y[m×n] = (y +) a[m×k] · op(b)
template <class T>
void ProductByRowsInBfloat16(Context& context, Matrix<const T> a, Matrix<const T> b, Matrix<T> y, double transpose_b,
                             double accumulate) {
  if constexpr (sizeof(T) == sizeof(float)) {
    if (HasPairProduct(y.rows, y.cols, a.cols)) {
      const bool turned = transpose_b != 0;
      CheckEqual("b's inner size", a.cols, turned ? b.cols : b.rows);
      CheckEqual("y's rows", a.rows, y.rows);
      CheckEqual("y's width", turned ? b.rows : b.cols, y.cols);
      const PairFactor right = turned ? PairFactor{b.data, 1, b.cols} : PairFactor{b.data, b.cols, 1};
      const PairStart start = accumulate != 0 ? PairStart{y.data, y.cols} : PairStart{};
      return PairProduct(context, y.rows, y.cols, a.cols, {a.data, a.cols, 1}, right, start, y.data);
    }
  }
  WithRoundedFactors<"product_by_rows", T>(context, a, b, y, transpose_b, accumulate);
}

// y[m×n] = (y +) aᵀ · b
template <class T>
void ProductOverRowsInBfloat16(Context& context, Matrix<const T> a, Matrix<const T> b, Matrix<T> y, double accumulate) {
  if constexpr (sizeof(T) == sizeof(float)) {
    if (HasPairProduct(y.rows, y.cols, a.rows)) {
      CheckEqual("b's rows", a.rows, b.rows);
      CheckEqual("y's rows", a.cols, y.rows);
      CheckEqual("y's width", b.cols, y.cols);
      const PairStart start = accumulate != 0 ? PairStart{y.data, y.cols} : PairStart{};
      return PairProduct(context, y.rows, y.cols, a.rows, {a.data, 1, a.cols}, {b.data, b.cols, 1}, start, y.data);
    }
  }
  WithRoundedFactors<"product_over_rows", T>(context, a, b, y, accumulate);
}

BLASNET_KERNELS(Bfloat16Product) {
  registry.Add<&ProductByRowsInBfloat16<float>, &ProductByRowsInBfloat16<double>>(
      "product_by_rows_bfloat16", {"a", "b", "y", "transposeB", "accumulate"});
  registry.Add<&ProductOverRowsInBfloat16<float>, &ProductOverRowsInBfloat16<double>>("product_over_rows_bfloat16",
                                                                                      {"a", "b", "y", "accumulate"});
  AddRoundedTwin<"batched_product", InArray, InArray, Array, Number, Number, Number>(
      registry, {"a", "b", "y", "transposeA", "transposeB", "accumulate"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(Bfloat16Product)
#endif
