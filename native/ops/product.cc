// Products of matrices, alone or in batches that broadcast as NumPy's matmul does.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/product.cc"
#include "math/foreach_target.h"
//
#include "math/matmul-inl.h"
#include "ops/broadcast-inl.h"

HWY_BEFORE_NAMESPACE();
namespace blasnet {
namespace HWY_NAMESPACE {

// The matrix whose rows and columns are exchanged where `transposed`.
template <class T>
HWY_INLINE Strided<T> FactorOf(const T* data, size_t cols, bool transposed) {
  return transposed ? Strided<T>{data, 1, cols} : Strided<T>{data, cols, 1};
}

// y[m×n] = (y +) a[m×k] · op(b)
template <class T>
void ProductByRows(Context& context, Matrix<const T> a, Matrix<const T> b, Matrix<T> y, double transpose_b,
                   double accumulate) {
  const bool turned = transpose_b != 0;
  CheckEqual("b's inner size", a.cols, turned ? b.cols : b.rows);
  CheckEqual("y's rows", a.rows, y.rows);
  CheckEqual("y's width", turned ? b.rows : b.cols, y.cols);
  const Start<T> start = accumulate != 0 ? Start<T>{y.data, y.cols} : Start<T>{};
  Product<T>(context, y.rows, y.cols, a.cols, T(1), RowsOf(a), FactorOf(b.data, b.cols, turned), start, y.data);
}

// y[m×n] = (y +) aᵀ · b, where a is k×m and b k×n: the gradient of a factor, summed over rows
template <class T>
void ProductOverRows(Context& context, Matrix<const T> a, Matrix<const T> b, Matrix<T> y, double accumulate) {
  CheckEqual("b's rows", a.rows, b.rows);
  CheckEqual("y's rows", a.cols, y.rows);
  CheckEqual("y's width", b.cols, y.cols);
  const Start<T> start = accumulate != 0 ? Start<T>{y.data, y.cols} : Start<T>{};
  Product<T>(context, y.rows, y.cols, a.rows, T(1), TransposedOf(a), RowsOf(b), start, y.data);
}

// y[…, m, n] = (y +) op(a)[…, m, k] · op(b)[…, k, n]; the dimensions in front broadcast.
template <class T>
void BatchedProduct(Context& context, Array<const T> a, Array<const T> b, Array<T> y, double transpose_a,
                    double transpose_b, double accumulate) {
  Check(y.rank >= 2, "Expected matrices");
  CheckEqual("a's rank", y.rank, a.rank);
  CheckEqual("b's rank", y.rank, b.rank);
  const size_t batch_rank = y.rank - 2;
  const bool turn_a = transpose_a != 0, turn_b = transpose_b != 0;
  const size_t* rows_of[] = {a.shape + batch_rank, b.shape + batch_rank, y.shape + batch_rank};
  const size_t m = rows_of[2][0], n = rows_of[2][1];
  const size_t k = rows_of[0][turn_a ? 0 : 1];
  CheckEqual("a's rows", m, rows_of[0][turn_a ? 1 : 0]);
  CheckEqual("b's inner size", k, rows_of[1][turn_b ? 1 : 0]);
  CheckEqual("b's columns", n, rows_of[1][turn_b ? 0 : 1]);
  const size_t none[] = {1};
  const auto batch = [&](const auto& x) {
    return Array<const T>{x.data, batch_rank == 0 ? none : x.shape, batch_rank == 0 ? 1 : batch_rank};
  };
  const auto walk = BroadcastWalk(batch(y), batch(a), batch(b));
  const size_t a_size = m * k, b_size = k * n, y_size = m * n;
  const size_t inner = walk.inner();
  const auto one = [&](Context& own, size_t i) {
    const size_t run = i / inner, at = i % inner;
    const T* left = a.data + (walk.Offset(0, run) + at * walk.stride[0][walk.rank - 1]) * a_size;
    const T* right = b.data + (walk.Offset(1, run) + at * walk.stride[1][walk.rank - 1]) * b_size;
    T* to = y.data + i * y_size;
    const Start<T> start = accumulate != 0 ? Start<T>{to, n} : Start<T>{};
    Product<T>(own, m, n, k, T(1), FactorOf(left, turn_a ? m : k, turn_a), FactorOf(right, turn_b ? k : n, turn_b),
               start, to);
  };
  // Large products cut themselves into tiles, small ones are tiles together.
  if (walk.size == 1 || m * n * k >= kRules.large_product()) {
    for (size_t i = 0; i < walk.size; ++i) one(context, i);
    return;
  }
  const size_t each = HWY_MAX(1, kRules.tile_product / 4 / HWY_MAX(1, m * n * k));
  context.pool.ParallelFor((walk.size + each - 1) / each, [&](size_t tile) {
    for (size_t i = tile * each; i < HWY_MIN(walk.size, (tile + 1) * each); ++i) one(context, i);
  });
}

BLASNET_KERNELS(Product) {
  registry
      .Add<&ProductByRows<float>, &ProductByRows<double>>("product_by_rows",
                                                          {"a", "b", "y", "transposeB", "accumulate"})
      .ByRows({"a", "y"});
  registry.Add<&ProductOverRows<float>, &ProductOverRows<double>>("product_over_rows", {"a", "b", "y", "accumulate"});
  registry.Add<&BatchedProduct<float>, &BatchedProduct<double>>(
      "batched_product", {"a", "b", "y", "transposeA", "transposeB", "accumulate"});
}

}  // namespace HWY_NAMESPACE
}  // namespace blasnet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
BLASNET_EXPORT_KERNELS(Product)
#endif
